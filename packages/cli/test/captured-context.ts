import { runCommandLine } from '../src/run-command-line.ts'

export type Captured = { code: number; out: string[]; err: string[] }

/** Runs a command line in this process, and returns its exit code and its output. */
export async function runCaptured(
  args: string[],
  env: Record<string, string> = {},
  options: { stdin?: string; signal?: AbortSignal } = {},
): Promise<Captured> {
  const out: string[] = []
  const err: string[] = []
  const code = await runCommandLine(args, {
    env,
    terminal: {
      out: (line) => out.push(line),
      json: (value) => out.push(JSON.stringify(value)),
      note: (line) => err.push(line),
      error: (line) => err.push(`error: ${line}`),
      style: (_, text) => text,
      progress: null,
    },
    readStdin: async () => options.stdin ?? '',
    signal: options.signal ?? new AbortController().signal,
  })
  return { code, out, err }
}
