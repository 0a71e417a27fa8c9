import { resolve } from 'node:path'
import { styleText } from 'node:util'

type Format = Parameters<typeof styleText>[0]

/**
 * What a command says and where: data on stdout, everything else on stderr, colours only where a terminal shows them.
 */
export type Terminal = {
  /** A line of the result. */
  out(line: string): void
  /** One JSON document. */
  json(value: unknown): void
  /** A line about the work: progress, warnings. */
  note(line: string): void
  /** What went wrong, on one line. */
  error(line: string): void
  /** Text for {@link out} in a colour. */
  style(format: Format, text: string): string
  /** Where a progress bar can be drawn; null when stderr is not a terminal. */
  progress: NodeJS.WriteStream | null
  /** Replaces all that is shown; null when stdout is not a terminal. */
  redraw: ((lines: readonly string[]) => void) | null
  /** How many lines it shows, and characters in each; Infinity when stdout is not a terminal. */
  size(): { rows: number; columns: number }
}

export function createTerminal(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): Terminal {
  return {
    out: (line) => stdout.write(`${line}\n`),
    json: (value) => stdout.write(`${JSON.stringify(value)}\n`),
    note: (line) => stderr.write(`${line}\n`),
    error: (line) => stderr.write(`${styleText('red', 'error:', { stream: stderr })} ${line}\n`),
    style: (format, text) => styleText(format, text, { stream: stdout }),
    progress: stderr.isTTY ? stderr : null,
    redraw: stdout.isTTY ? (lines) => stdout.write(screenOf(lines)) : null,
    size: () => (stdout.isTTY ? stdout : { rows: Number.POSITIVE_INFINITY, columns: Number.POSITIVE_INFINITY }),
  }
}

const home = '\u001b[H'
const clearRestOfLine = '\u001b[K'
const clearRest = '\u001b[J'

/** From the first line of the screen on, without an empty screen in between. */
function screenOf(lines: readonly string[]): string {
  return `${home}${lines.map((line) => `${line}${clearRestOfLine}\n`).join('')}${clearRest}`
}

/** Columns of text, each as wide as its widest cell. */
export function columns(rows: readonly (readonly string[])[], indent = '  '): string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length)
  }
  return rows.map(
    (row) =>
      indent +
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
  )
}

/** Resolves a path from where npm was called: npm changes to the project's directory before it runs a script. */
export function pathOf(path: string, env: Environment): string {
  const calledIn = env.npm_lifecycle_event === undefined ? undefined : env.INIT_CWD
  return resolve(calledIn ?? process.cwd(), path)
}

export type Environment = Readonly<Record<string, string | undefined>>
