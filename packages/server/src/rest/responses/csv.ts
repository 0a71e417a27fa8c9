import { Readable } from 'node:stream'
import Papa from 'papaparse'

/** Fields of one row, in the order of the columns. */
export type CsvRow = readonly (string | number | null)[]

type Separator = 'comma' | 'semicolon'

/**
 * Where a spreadsheet would run a formula, which gets an apostrophe before it: at the start of a field, and after what
 * may start another one where the list separator is not the file's. Some take the full-width characters for the others.
 */
const formula = /^(?=[\t\r])|(?=[=+\-@＝＋－＠])(?<=^|[;,\t\r\n]"*)/g

/** Not a formula, though it begins like one. */
const telephoneNumber = /^\+[\d ]+$/

/** Rows as CSV, each with a line end. */
export function csvText(rows: readonly CsvRow[], separator: Separator = 'comma'): string {
  if (rows.length === 0) return ''
  const delimiter = separator === 'semicolon' ? ';' : ','
  return `${Papa.unparse(rows.map(fieldsOf), { delimiter })}\r\n`
}

/** Of a telephone number with its country's code: what separates its digits may be an operator of a formula. */
export function csvPhone(phone: string): string {
  return /^\+[\d ()./-]+$/.test(phone) ? phone.replaceAll(/[()./ -]+/g, ' ').trim() : phone
}

type CsvFile = {
  /** Without the ending. */
  name: string
  separator: Separator
  columns: readonly string[]
}

type LongCsvFile = CsvFile & {
  /** Read one after the other, while the client reads the file. */
  pages: AsyncIterable<readonly CsvRow[]>
  /** Called once, with how many rows were sent; `isWhole`: all of them. */
  onSent(rows: number, isWhole: boolean): void
}

/** Excel needs the byte order mark to detect UTF-8. */
const byteOrderMark = '\uFEFF'

/** The response with a CSV file whose rows are in memory. */
export function shortCsvResponse({ name, separator, columns, rows }: CsvFile & { rows: readonly CsvRow[] }) {
  return {
    status: 200 as const,
    body: `${byteOrderMark}${csvText([columns, ...rows], separator)}`,
    headers: headersOf(name),
  }
}

/**
 * The response with a CSV file of any length. Its first page is read before, so that what fails there is a problem;
 * later, the connection breaks, and the client knows that the file is not whole.
 */
export async function csvResponse({ name, separator, columns, pages, onSent }: LongCsvFile) {
  const iterator = pages[Symbol.asyncIterator]()
  const first = await iterator.next()
  let rows = 0
  let isWhole = false
  async function* texts() {
    yield `${byteOrderMark}${csvText([columns], separator)}`
    for (let page = first; !page.done; page = await iterator.next()) {
      rows += page.value.length
      yield csvText(page.value, separator)
    }
    isWhole = true
  }
  const body = Readable.from(texts()).once('close', () => onSent(rows, isWhole))
  return { status: 200 as const, body, headers: headersOf(name) }
}

function headersOf(name: string) {
  return {
    'content-type': 'text/csv; charset=utf-8',
    'content-disposition': `attachment; filename="${name}.csv"`,
  }
}

/** The items of a list, page by page. */
export async function* pagesOf<Item>(
  readPage: (cursor: string | null) => Promise<{ items: Item[]; nextCursor: string | null }>,
): AsyncGenerator<Item[]> {
  let cursor: string | null = null
  do {
    const page: { items: Item[]; nextCursor: string | null } = await readPage(cursor)
    yield page.items
    cursor = page.nextCursor
  } while (cursor !== null)
}

function fieldsOf(row: CsvRow): (string | number)[] {
  return row.map((field) => {
    if (typeof field !== 'string' || telephoneNumber.test(field)) return field ?? ''
    return field.replaceAll(formula, "'")
  })
}
