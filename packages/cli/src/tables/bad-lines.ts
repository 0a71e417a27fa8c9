import { type CommandContext, CommandRefusal } from '../command.ts'

/** An error in one line of a file: the line, the column, the value, and what was expected. */
export type BadLine = {
  /** The line's number in the file, the header being line 1; for a JSON list the item's number, from 1. */
  line: number
  column: string | null
  value: string | null
  message: string
}

const reportedMax = 100
const valueCharactersMax = 80

/**
 * Every bad line is counted; the first hundred are stored, so that a wrong file of a million lines needs bounded
 * memory.
 */
export type BadLines = {
  count: number
  lines: BadLine[]
}

export function noBadLines(): BadLines {
  return { count: 0, lines: [] }
}

export function addBadLine(bad: BadLines, line: BadLine): void {
  bad.count++
  if (bad.lines.length < reportedMax) bad.lines.push(line)
}

/**
 * One readable line: `line 17, booked_at "yesterday": …`. Control characters are escaped, long values cut.
 */
export function describeBadLine(bad: BadLine, unit: 'line' | 'item' = 'line'): string {
  const place = bad.column === null ? `${unit} ${bad.line}` : `${unit} ${bad.line}, ${bad.column}`
  return bad.value === null ? `${place}: ${bad.message}` : `${place} ${quoted(bad.value)}: ${bad.message}`
}

/** @throws CommandRefusal unless all lines of a file are good, after it has named those that are not */
export function requireGoodLines({ terminal }: CommandContext, file: string, { count, lines }: BadLines): void {
  if (count === 0) return
  for (const line of lines) terminal.note(describeBadLine(line))
  if (count > lines.length) terminal.note(`… and ${count - lines.length} more`)
  throw new CommandRefusal(`${file}: ${count === 1 ? '1 problem' : `${count} problems`}; nothing was booked`)
}

/** The value in quotes, cut to 80 characters, with control characters escaped: a file may not steer the terminal. */
export function quoted(value: string): string {
  const cut = value.length > valueCharactersMax ? `${value.slice(0, valueCharactersMax)}…` : value
  return JSON.stringify(cut).replaceAll(/[\u007f-\u009f\u2028-\u202e]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
