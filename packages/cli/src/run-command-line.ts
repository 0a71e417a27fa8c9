import { CommanderError } from 'commander'
import { type CommandContext, CommandRefusal } from './command.ts'
import { messageOf } from './message-of.ts'
import { buildProgram, type ExitCodeSink } from './program.ts'

/**
 * Runs one command line and answers its exit code: 0 done, 1 wrong (said on one line), 2 called in a wrong way, 130
 * or 143 cut short by Ctrl-C or SIGTERM (which `start` and `worker` take as their normal end: 0). Never throws.
 */
export async function runCommandLine(args: readonly string[], context: CommandContext): Promise<number> {
  const sink: ExitCodeSink = { exitCode: 0 }
  try {
    const program = buildProgram(context, sink)
    if (args.length === 0) {
      program.outputHelp()
      return 2
    }
    await program.parseAsync(args, { from: 'user' })
    return sink.exitCode
  } catch (error) {
    // Commander has said it already, on stderr, or has shown the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (context.signal.aborted) return exitCodeOfSignal(context.signal)
    context.terminal.error(messageOf(error))
    if (context.env.HOLDFAST_LOG_LEVEL === 'debug' && error instanceof Error) context.terminal.note(error.stack ?? '')
    return error instanceof CommandRefusal ? error.exitCode : 1
  }
}

function exitCodeOfSignal(signal: AbortSignal): number {
  return signal.reason === 'SIGTERM' ? 143 : 130
}
