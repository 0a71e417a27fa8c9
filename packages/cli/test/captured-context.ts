import { Readable } from 'node:stream'
import type { CommandContext } from '../src/command.ts'
import { readAtMost } from '../src/read-at-most.ts'
import { runCommandLine } from '../src/run-command-line.ts'

export type Captured = { code: number; out: string[]; err: string[] }

/** Runs a command line in this process, and returns its exit code and its output. */
export async function runCaptured(
  args: string[],
  env: Record<string, string> = {},
  options: { stdin?: string; signal?: AbortSignal } = {},
): Promise<Captured> {
  const { context, out, err } = capturingContext(env, options)
  return { code: await runCommandLine(args, context), out, err }
}

/** What a command line runs in, and where its output goes. */
export function capturingContext(
  env: Record<string, string> = {},
  options: { stdin?: string; signal?: AbortSignal } = {},
): { context: CommandContext; out: string[]; err: string[] } {
  const out: string[] = []
  const err: string[] = []
  const context: CommandContext = {
    env,
    terminal: {
      out: (line) => void out.push(line),
      json: (value) => void out.push(JSON.stringify(value)),
      note: (line) => void err.push(line),
      error: (line) => void err.push(`error: ${line}`),
      style: (_, text) => text,
      progress: null,
      redraw: null,
      size: () => ({ rows: Number.POSITIVE_INFINITY, columns: Number.POSITIVE_INFINITY }),
    },
    readStdin: (bytesMax) => readAtMost(Readable.from([Buffer.from(options.stdin ?? '')]), bytesMax),
    signal: options.signal ?? new AbortController().signal,
  }
  return { context, out, err }
}
