import { InvalidArgumentError, Option } from 'commander'
import type { ExitCode } from './command.ts'

/** Receives the exit code of a command. */
export type End = (exitCode: ExitCode) => void

export type JsonOption = { json?: boolean }

export type ShardOption = { shard?: string }

export function shardOption(): Option {
  return new Option('--shard <name>', 'a database of HOLDFAST_SHARDS, instead of that of DATABASE_URL')
}

export function jsonOption(): Option {
  return new Option('--json', 'print one JSON object')
}

export function secondsOption(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError('Expected a whole number of seconds, such as 6.')
  return Number(text)
}
