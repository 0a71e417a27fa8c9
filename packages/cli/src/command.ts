import type { Environment, Terminal } from './terminal.ts'

/** The inputs and outputs of every command. */
export type CommandContext = {
  env: Environment
  terminal: Terminal
  /** What is piped into the command; null: it is more than that, and the rest is not read. */
  readStdin(bytesMax: number): Promise<Buffer | null>
  /** Aborted at the first Ctrl-C or SIGTERM; the command then ends soon, and cleans up. */
  signal: AbortSignal
}

/** 0: done; 1: an error, which was printed; 2: wrong usage; 75: the same may succeed later, for mail servers. */
export type ExitCode = 0 | 1 | 2 | 75

/** Ends a command with a one-line message: an expected error of the input or the environment, not a bug. */
export class CommandRefusal extends Error {
  readonly exitCode: 1 | 2

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message)
    this.name = 'CommandRefusal'
    this.exitCode = exitCode
  }
}
