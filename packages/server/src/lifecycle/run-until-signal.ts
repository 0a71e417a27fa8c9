import { reasonOf } from './start-error.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** How long a start may take after a signal. */
const startMsMaxDefault = 30_000

type Running = { stop(): Promise<void> }

const stoppedEarly = 'Stopped before it was ready.'

/**
 * Runs a service until the first SIGINT, SIGTERM or SIGHUP, then stops it. A signal during the start stops it as soon
 * as it has started, but ends the process if that takes longer than `startMsMax`; it aborts the signal of the start,
 * which need not go on. A second signal ends the process at once.
 *
 * close-with-grace is not used: it ends the process itself, with 0 or 1, and so cannot return the exit code to the
 * command that started the service; it treats a failed start as a failed stop; and it leaves its listeners installed.
 *
 * @param earlier aborted: a signal arrived before this was called, and nothing is started
 * @returns the exit code: 0 after a clean stop, also if the signal ended the start (Ctrl-C also ends the programs
 *   that a start runs, such as initdb); 1 if the service could not start (the reason is printed to stderr)
 */
export async function runUntilSignal(
  start: (signal: AbortSignal) => Promise<Running>,
  { startMsMax = startMsMaxDefault, earlier }: { startMsMax?: number; earlier?: AbortSignal | undefined } = {},
): Promise<number> {
  if (earlier?.aborted === true) {
    console.error(stoppedEarly)
    return 0
  }
  const signalled = Promise.withResolvers<void>()
  const stopping = new AbortController()
  let count = 0
  let isStarting = true
  const onSignal = () => {
    count += 1
    if (count > 1) process.exit(130)
    signalled.resolve()
    stopping.abort()
    if (isStarting) setTimeout(giveUp, startMsMax).unref()
  }
  const giveUp = () => {
    if (!isStarting) return
    console.error(`Stopped before it was ready: the start did not end within ${startMsMax / 1000} s.`)
    process.exit(1)
  }
  for (const signal of signals) process.on(signal, onSignal)
  try {
    const running = await start(stopping.signal).finally(() => {
      isStarting = false
    })
    await signalled.promise
    await running.stop()
    return 0
  } catch (error) {
    const reason = reasonOf(error)
    if (count > 0 && reason !== null) {
      console.error(stoppedEarly)
      return 0
    }
    console.error(reason ?? error)
    return 1
  } finally {
    for (const signal of signals) process.off(signal, onSignal)
  }
}
