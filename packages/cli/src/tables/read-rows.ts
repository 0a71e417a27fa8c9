import { addBadLine, type BadLines } from './bad-lines.ts'
import { type CsvColumns, type CsvLine, readCsv } from './read-csv.ts'

/** `what` a row is, in the singular. `parse` adds what is wrong with a line, and returns null then. */
type RowKind<Row> = {
  what: string
  columns: CsvColumns
  idColumn: string
  idOf: (row: Row) => string
  parse: (line: CsvLine, bad: BadLines) => Row | null
}

/**
 * Reads the rows of a CSV file, each with its own id, in the file's order. Every bad line is in `bad`; if there is one,
 * nothing should be done with the others. A file without rows is bad.
 *
 * @throws if the file cannot be read
 */
export async function readRows<Row>(path: string, kind: RowKind<Row>): Promise<{ rows: Row[]; bad: BadLines }> {
  const { what, columns, idColumn, idOf, parse } = kind
  const rows: Row[] = []
  const lineOfId = new Map<string, number>()
  const { bad } = await readCsv(path, columns, (line, badLines) => {
    const row = parse(line, badLines)
    if (row === null) return
    const before = lineOfId.get(idOf(row))
    if (before !== undefined) {
      const message = `is already on line ${before}; each ${what} needs its own id`
      addBadLine(badLines, { line: line.line, column: idColumn, value: idOf(row), message })
      return
    }
    lineOfId.set(idOf(row), line.line)
    rows.push(row)
  })
  if (rows.length === 0 && bad.count === 0) {
    addBadLine(bad, { line: 2, column: null, value: null, message: `there are no ${what}s in the file` })
  }
  return { rows, bad }
}
