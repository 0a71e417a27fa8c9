import { runWorker } from '@holdfast/server/worker'
import type { CommandContext, ExitCode } from '../command.ts'
import { stopWithParent } from '../stop-with-parent.ts'

/** `holdfast worker`: runs the jobs until a signal stops it. */
export async function workerCommand({ env, terminal }: CommandContext): Promise<ExitCode> {
  stopWithParent()
  return (await runWorker({ env, say: (line) => terminal.out(line) })) === 0 ? 0 : 1
}
