import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** Sends a signal to a process, and resolves when it has ended; at once if it had already. */
export async function endProcess(child: ChildProcess | null, signal: NodeJS.Signals): Promise<void> {
  if (child === null || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
}
