import type { ServerResponse } from 'node:http'
import { finished, Readable } from 'node:stream'
import type { AuditDetail } from '@holdfast/contract'
import { countryCodePattern } from '@holdfast/vocabulary'

/** Fields of one row, in the order of the columns. */
export type CsvRow = readonly (string | number | null)[]

type Separator = 'comma' | 'semicolon'

/**
 * Where a spreadsheet would run a formula, which gets an apostrophe before it: at the start of a field, and after what
 * may start another one where the list separator is not the file's. Some take the full-width characters for the others.
 */
const formula = /^(?=[\t\r])|(?=[=+\-@＝＋－＠])(?<=^|[;,\t\r\n]"*)/g

/** A telephone number is not a formula, though it begins like one. */
const telephoneNumber = /^\+[\d ]+$/

/** Rows as CSV (RFC 4180), each with a line end. */
export function csvText(rows: readonly CsvRow[], separator: Separator = 'comma'): string {
  const delimiter = separator === 'semicolon' ? ';' : ','
  return rows.map((row) => `${row.map((field) => written(field, delimiter)).join(delimiter)}\r\n`).join('')
}

/** `(0)` directly after the country's code is not dialled with it, but after Italy's, where it is of the number. */
const zeroAfterCode = new RegExp(`^(\\+${countryCodePattern})[ ./-]*\\( *0 *\\)[ ./-]*`)

/** A telephone number with its country's code: what separates its digits may be an operator of a formula. */
export function csvPhone(phone: string): string {
  if (!/^\+[\d ()./-]+$/.test(phone)) return phone
  return phone
    .replace(zeroAfterCode, (_all, code: string) => (code === '+39' ? '+39 0' : `${code} `))
    .replaceAll(/[()./ -]+/g, ' ')
    .trim()
}

type CsvFile = {
  /** The file's name without its ending. */
  name: string
  separator: Separator
  columns: readonly string[]
}

type LongCsvFile = CsvFile & {
  /** Read one after the other, while the client reads the file. */
  pages: AsyncIterable<readonly CsvRow[]>
  /** Releases what was taken for the file. */
  release(): void
  /** Records that the file begins, unless it has no rows, and with how many rows it has ended. */
  record(...details: AuditDetail[]): Promise<void>
}

/** A response that is read while it is sent. */
export type Sending = {
  response: ServerResponse
  /** Resolves if the caller may still do what they asked for. */
  checkAgain(): Promise<void>
}

/** A client may read slowly, and the server must not send what it reads for it for hours. */
const fileMsMax = 600_000

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
 * later, the connection breaks, and the client knows that the file is not whole. So it does when the caller may no
 * longer read the file, which is checked before each page is sent.
 */
export async function csvResponse({ response, checkAgain }: Sending, file: LongCsvFile) {
  const { name, separator, columns, pages, release, record } = file
  finished(response, release)
  const iterator = pages[Symbol.asyncIterator]()
  const first = await iterator.next()
  const rowsOfFirst: readonly CsvRow[] = first.done ? [] : first.value
  let rows = rowsOfFirst.length
  async function* texts() {
    yield `${byteOrderMark}${csvText([columns, ...rowsOfFirst], separator)}`
    for (let page = await iterator.next(); !page.done; page = await iterator.next()) {
      await checkAgain()
      rows += page.value.length
      yield csvText(page.value, separator)
    }
  }
  // Before anything has to be ended if it cannot be recorded.
  if (rows > 0) await record('begun')
  const body = unbuffered(texts())
  const deadline = setTimeout(() => body.destroy(tooSlow()), fileMsMax).unref()
  finished(response, (error) => {
    clearTimeout(deadline)
    // It is recorded later if the database does not respond.
    record(`${rows}`, ...(error == null ? [] : (['interrupted'] as const))).catch(() => undefined)
  })
  return { status: 200 as const, body, headers: headersOf(name) }
}

/** Continues when what was yielded before has been sent; `Readable.from` would be one text ahead. */
function unbuffered(texts: AsyncIterator<string>): Readable {
  return new Readable({
    highWaterMark: 0,
    read() {
      texts.next().then(
        ({ done, value }) => this.push(done ? null : value),
        (error) => this.destroy(error),
      )
    },
  })
}

function tooSlow(): Error {
  return new Error(`The file was not read within ${fileMsMax / 60_000} minutes.`)
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

function written(field: string | number | null, delimiter: string): string {
  if (typeof field !== 'string') return String(field ?? '')
  const text = telephoneNumber.test(field) ? field : field.replaceAll(formula, "'")
  // Some programs cut off spaces that are not quoted, and a byte order mark.
  const isQuoted = text.includes(delimiter) || /["\r\n\uFEFF]|^ | $/.test(text)
  return isQuoted ? `"${text.replaceAll('"', '""')}"` : text
}
