import type { Environment, Terminal } from './terminal.ts'

/** What every command is given. */
export type CommandContext = {
  env: Environment
  terminal: Terminal
  /** Text piped into the command, for passwords. */
  readStdin(): Promise<string>
  /** Aborted at the first Ctrl-C or SIGTERM; the command then ends soon, and leaves nothing behind. */
  signal: AbortSignal
}

/** 0: done; 1: something is wrong, and was said; 2: called in a wrong way. */
export type ExitCode = 0 | 1 | 2

/** Ends a command with one readable line; an expected refusal of what a person asked for, not a bug. */
export class CommandRefusal extends Error {
  readonly exitCode: 1 | 2

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message)
    this.name = 'CommandRefusal'
    this.exitCode = exitCode
  }
}
