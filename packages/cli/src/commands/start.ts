import { runServer } from '@holdfast/server/main'
import type { CommandContext, ExitCode } from '../command.ts'

/** `holdfast start`: runs the server until a signal stops it. */
export async function startCommand({ env, terminal, signal }: CommandContext): Promise<ExitCode> {
  return (await runServer({ env, signal, say: (line) => terminal.out(line) })) === 0 ? 0 : 1
}
