import { reasonOf } from './start-error.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Starts something and stops it at the first SIGINT, SIGTERM or SIGHUP, also when that comes during the start; the
 * second signal ends the process at once.
 *
 * @returns the exit code: 0 after a clean stop, 1 if it could not start (the reason stands on stderr), 130 if it could
 *   not because it was told to stop: a Ctrl-C also ends the programs that a start runs, such as initdb
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
      return 130
    }
    console.error(reason ?? error)
    return 1
  } finally {
    for (const signal of signals) process.off(signal, onSignal)
  }
}
