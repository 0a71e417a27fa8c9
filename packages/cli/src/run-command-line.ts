import { messageOf } from '@holdfast/vocabulary'
import { type Command, CommanderError } from 'commander'
import { type CommandContext, CommandRefusal } from './command.ts'
import { buildProgram, type ExitCodeSink } from './program.ts'

/**
 * Runs one command line and returns its exit code: 0 success, 1 error (with a one-line message), 2 wrong usage, 130 or
 * 143 interrupted by Ctrl-C or SIGTERM (for `start` and `worker` these are the normal end: 0). Never throws.
 */
export async function runCommandLine(args: readonly string[], context: CommandContext): Promise<number> {
  const sink: ExitCodeSink = { exitCode: 0 }
  try {
    const program = buildProgram(context, sink)
    if (args.length === 0) {
      program.outputHelp()
      return 2
    }
    await program.parseAsync(namesUnknownCommand(program, args) ? withoutHelp(args) : args, { from: 'user' })
    return sink.exitCode
  } catch (error) {
    // Commander has already printed the error on stderr, or the requested help.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (context.signal.aborted) return exitCodeOfSignal(context.signal)
    context.terminal.error(messageOf(error))
    if (context.env.HOLDFAST_LOG_LEVEL === 'debug' && error instanceof Error) context.terminal.note(error.stack ?? '')
    return error instanceof CommandRefusal ? error.exitCode : 1
  }
}

/** Whether the arguments name a command that does not exist, for which Commander would print the help, with success. */
function namesUnknownCommand(program: Command, args: readonly string[]): boolean {
  let command = program
  for (const arg of args) {
    if (isHelp(arg)) continue
    if (command.commands.length === 0 || arg.startsWith('-') || arg === 'help') return false
    const named = command.commands.find((one) => one.name() === arg)
    if (named === undefined) return true
    command = named
  }
  return false
}

function withoutHelp(args: readonly string[]): string[] {
  return args.filter((arg) => !isHelp(arg))
}

function isHelp(arg: string): boolean {
  return arg === '--help' || arg === '-h'
}

function exitCodeOfSignal(signal: AbortSignal): number {
  return signal.reason === 'SIGTERM' ? 143 : 130
}
