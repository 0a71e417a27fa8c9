import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { type CsvError, parse } from 'csv-parse'
import { addBadLine, type BadLines, noBadLines, quoted } from './bad-lines.ts'
import { csvFormOf } from './csv-form.ts'

/** The columns of a file, by name, in any order. Any other column is refused. */
export type CsvColumns = { required: readonly string[]; optional: readonly string[] }

/** One line of a file: its number, and its values by column. A missing optional column reads as ''. */
export type CsvLine = { line: number; values: Readonly<Record<string, string>> }

export type CsvFile = { lines: number; bad: BadLines }

const recordBytesMax = 64 * 1024
const linesMax = 1_000_000

/**
 * Reads a CSV file (RFC 4180, also with semicolons; UTF-8, or UTF-16 with a byte order mark; first line the column
 * names) as a stream and calls `onLine` for each valid line. Lines that cannot be read are in `bad`, with their
 * numbers; no content of a file throws. Throws when the file cannot be opened or read.
 */
export async function readCsv(
  path: string,
  columns: CsvColumns,
  onLine: (line: CsvLine, bad: BadLines) => void,
): Promise<CsvFile> {
  const bad = noBadLines()
  let isHeaderBad = false
  let lastSkipped = 0
  /** The line in which the record before ends. */
  let endLine = 0
  const file = createReadStream(path)
  const { delimiter, content } = await csvFormOf(file)
  const parser = parse({
    bom: true,
    delimiter,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
    max_record_size: recordBytesMax,
    // Continues with the next line: one broken quote must not hide the bad lines after it.
    skip_records_with_error: true,
    on_record: (record: string[], { lines: line }) => {
      endLine = line
      return record
    },
    on_skip: (error) => {
      const errorLine = Number(error?.lines ?? 1)
      const isOpen = error?.code === 'CSV_QUOTE_NOT_CLOSED' || errorLine > endLine + 1
      const line = isOpen ? endLine + 1 : errorLine
      endLine = errorLine
      isHeaderBad ||= line === 1
      // A line without an end is reported again every 64 KiB.
      if (line === lastSkipped) return
      lastSkipped = line
      addBadLine(bad, { line, column: null, value: null, message: plainCsvError(error, isOpen) })
    },
  })
  const text = Readable.from(content)
  text.on('error', (error) => parser.destroy(error))
  text.pipe(parser)

  let header: string[] | null = null
  let lines = 0
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      if (header === null) {
        header = record
        if (isHeaderBad || !headerIsGood(header, columns, bad)) break
        continue
      }
      lines++
      if (lines > linesMax) {
        addBadLine(bad, { line: info.lines, column: null, value: null, message: `more than ${linesMax} lines` })
        break
      }
      const values = namedValues(header, record, info.lines, bad)
      if (values !== null) onLine({ line: info.lines, values }, bad)
    }
  } finally {
    file.destroy()
  }
  if (header === null && bad.count === 0) {
    addBadLine(bad, {
      line: 1,
      column: null,
      value: null,
      message: 'the file is empty; the first line must name the columns',
    })
  }
  // The parser reads ahead.
  bad.lines.sort((one, other) => one.line - other.line)
  return { lines, bad }
}

function headerIsGood(header: string[], columns: CsvColumns, bad: BadLines): boolean {
  const known = new Set([...columns.required, ...columns.optional])
  const optional = columns.optional.length > 0 ? `; optional: ${columns.optional.join(', ')}` : ''
  const expected = `expected: ${columns.required.join(', ')}${optional}`
  const refuse = (column: string | null, message: string) => addBadLine(bad, { line: 1, column, value: null, message })
  const seen = new Set<string>()
  for (const name of header) {
    if (!known.has(name)) refuse(null, `unknown column ${quoted(name)} (${expected})`)
    else if (seen.has(name)) refuse(null, `the column ${quoted(name)} is there twice`)
    seen.add(name)
  }
  for (const name of columns.required) {
    if (!seen.has(name)) refuse(null, `the column ${quoted(name)} is missing (${expected})`)
  }
  return bad.count === 0
}

function namedValues(header: string[], record: string[], line: number, bad: BadLines): Record<string, string> | null {
  if (record.length !== header.length) {
    const found = record.length === 1 ? '1 value' : `${record.length} values`
    const message = `has ${found}, but there are ${header.length} columns`
    addBadLine(bad, { line, column: null, value: null, message })
    return null
  }
  const values: Record<string, string> = Object.create(null)
  for (const [index, name] of header.entries()) {
    const value = record[index] ?? ''
    // The decoder replaces bytes that are not UTF-8 by U+FFFD.
    if (value.includes('\uFFFD')) {
      addBadLine(bad, { line, column: name, value, message: 'is not UTF-8 text; save the file as UTF-8' })
      return null
    }
    // PostgreSQL cannot store NUL, and no name or time contains the others.
    if (/\p{Cc}/u.test(value)) {
      addBadLine(bad, { line, column: name, value, message: 'contains control characters' })
      return null
    }
    values[name] = value
  }
  return values
}

/** `isOpen`: other lines are in the value. */
function plainCsvError(error: CsvError | undefined, isOpen: boolean): string {
  switch (error?.code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return 'a quoted value that begins here or later is never closed'
    case 'CSV_INVALID_CLOSING_QUOTE':
    case 'INVALID_OPENING_QUOTE':
      if (isOpen) return 'a quoted value that begins here or later is not closed'
      return 'a quote is in the middle of a value; a value with quotes must be quoted and its quotes doubled'
    case 'CSV_MAX_RECORD_SIZE':
      return `the line is longer than ${recordBytesMax} bytes`
    default:
      return error?.message ?? 'the line cannot be read'
  }
}
