import { reasonOf } from './start-error.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Starts something and stops it at the first SIGINT, SIGTERM or SIGHUP, also when that comes during the start; the
 * second signal ends the process at once.
 *
 * @returns the exit code: 0 after a clean stop, also where the start failed of it (a Ctrl-C ends the programs that a
 *   start runs too, such as initdb); 1 if it could not start (the reason stands on stderr)
 */
export async function runUntilSignal(start: () => Promise<{ stop(): Promise<void> }>): Promise<number> {
  const asked = Promise.withResolvers<void>()
  let count = 0
  const onSignal = () => {
    count += 1
    if (count > 1) process.exit(130)
    asked.resolve()
  }
  for (const signal of signals) process.on(signal, onSignal)
  try {
    const running = await start()
    await asked.promise
    await running.stop()
    return 0
  } catch (error) {
    const reason = reasonOf(error)
    if (count > 0 && reason !== null) {
      console.error('Stopped before it was ready.')
      return 0
    }
    console.error(reason ?? error)
    return 1
  } finally {
    for (const signal of signals) process.off(signal, onSignal)
  }
}
