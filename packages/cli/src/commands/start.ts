import { runServer } from '@holdfast/server/main'
import type { CommandContext, ExitCode } from '../command.ts'
import { stopWithParent } from '../stop-with-parent.ts'

/** `holdfast start`: runs the server until a signal stops it. */
export async function startCommand({ env, terminal }: CommandContext): Promise<ExitCode> {
  stopWithParent()
  return (await runServer({ env, say: (line) => terminal.out(line) })) === 0 ? 0 : 1
}
