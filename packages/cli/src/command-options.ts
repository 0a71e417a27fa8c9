import { Option } from 'commander'
import type { ExitCode } from './command.ts'

/** Receives the exit code of a command. */
export type End = (exitCode: ExitCode) => void

export type JsonOption = { json?: boolean }

export function jsonOption(): Option {
  return new Option('--json', 'print one JSON object')
}
