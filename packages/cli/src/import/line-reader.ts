import { isName, nameExpected } from '@holdfast/vocabulary'
import { addBadLine, type BadLines } from '../tables/bad-lines.ts'
import { parseInstant } from '../tables/parse-instant.ts'
import type { CsvLine } from '../tables/read-csv.ts'

/**
 * Reads the values of one line, each by its rule. An invalid value is recorded with the line's number, the column, the
 * value and what was expected, and a placeholder is returned so that the rest of the line is checked too.
 */
export type LineReader = {
  /** Whether the column has a value, valid or not. */
  has(column: string): boolean
  /** Text of 1 to `charactersMax` characters. */
  text(column: string, charactersMax: number): string
  /** The same of a name that others see and choose from, by the rule of the API. */
  name(column: string, charactersMax: number): string
  optionalText(column: string, charactersMax: number): string | null
  optionalWholeNumber(column: string, min: number, max: number): number | null
  /** 0–5 with at most one decimal. */
  optionalRating(column: string): number | null
  /** A list separated by semicolons. */
  list(column: string, itemsMax: number, isGood: (item: string) => boolean, expected: string): string[]
  timeZone(column: string): string
  instant(column: string): Temporal.Instant | null
  refuse(column: string, message: string): void
}

export function createLineReader({ line, values }: CsvLine, bad: BadLines): LineReader {
  const cell = (column: string) => values[column] ?? ''
  const refuse = (column: string, message: string) => addBadLine(bad, { line, column, value: cell(column), message })
  const optionalText = (column: string, charactersMax: number) => {
    const value = cell(column)
    if (value === '') return null
    if ([...value].length <= charactersMax) return value
    refuse(column, `expected at most ${charactersMax} characters, not ${[...value].length}`)
    return null
  }
  const text = (column: string, charactersMax: number) => {
    if (cell(column) === '') refuse(column, `expected text of 1–${charactersMax} characters`)
    return optionalText(column, charactersMax) ?? ''
  }
  return {
    has: (column) => cell(column) !== '',
    text,
    name(column, charactersMax) {
      const name = text(column, charactersMax)
      if (name !== '' && !isName(name, charactersMax)) refuse(column, `expected ${nameExpected}`)
      return name
    },
    optionalText,
    optionalWholeNumber(column, min, max) {
      const value = cell(column)
      if (value === '') return null
      const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN
      if (number >= min && number <= max) return number
      refuse(column, `expected a whole number from ${min.toLocaleString('en')} to ${max.toLocaleString('en')}`)
      return null
    },
    optionalRating(column) {
      const value = cell(column)
      if (value === '') return null
      if (/^([0-4](\.\d)?|5(\.0)?)$/.test(value)) return Number(value)
      refuse(column, 'expected a number from 0 to 5 with at most one decimal')
      return null
    },
    list(column, itemsMax, isGood, expected) {
      const items =
        cell(column) === ''
          ? []
          : cell(column)
              .split(';')
              .map((item) => item.trim())
      if (items.length > itemsMax || new Set(items).size < items.length || !items.every(isGood)) {
        refuse(column, `expected at most ${itemsMax} different ${expected}, separated by semicolons`)
      }
      return items
    },
    timeZone(column) {
      const value = cell(column)
      if (isTimeZone(value)) return value
      refuse(column, 'is not a time zone; expected an IANA name such as Europe/Berlin')
      return 'UTC'
    },
    instant(column) {
      const instant = parseInstant(cell(column))
      if (instant === null) refuse(column, 'expected a time with its zone, such as 2026-12-01T08:00:00-03:00')
      return instant
    },
    refuse,
  }
}

/** An IANA name; not an offset such as +03:00, which has no daylight saving time. */
function isTimeZone(text: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/.test(text)) return false
  try {
    Temporal.Now.zonedDateTimeISO(text)
    return true
  } catch {
    return false
  }
}
