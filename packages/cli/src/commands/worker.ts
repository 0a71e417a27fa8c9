import { runWorker } from '@holdfast/server/worker'
import type { CommandContext, ExitCode } from '../command.ts'

/** `holdfast worker`: runs the jobs until a signal stops it. */
export async function workerCommand({ env, terminal, signal }: CommandContext): Promise<ExitCode> {
  return (await runWorker({ env, signal, say: (line) => terminal.out(line) })) === 0 ? 0 : 1
}
