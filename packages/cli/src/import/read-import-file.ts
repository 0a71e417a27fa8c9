import { readFile, stat } from 'node:fs/promises'
import type { ImportList } from '@holdfast/engine'
import { addBadLine, type BadLines, noBadLines, quoted } from '../tables/bad-lines.ts'
import { type CsvLine, readCsv } from '../tables/read-csv.ts'
import { importColumns, importKinds } from './import-columns.ts'

/** The lines of one kind of thing, wherever they came from; `unit` is what the numbers count. */
export type ImportLines = { lines: CsvLine[]; bad: BadLines; unit: 'line' | 'item' }

const jsonBytesMax = 64 * 1024 * 1024
const itemsMax = 1_000_000

/** Reads a CSV or (by its ending `.json`) a JSON file of clinics, doctors or slots. Throws when it cannot be read. */
export async function readImportFile(path: string, kind: ImportList): Promise<ImportLines> {
  if (path.toLowerCase().endsWith('.json')) {
    const parsed = await parseJson(path)
    return parsed.kind === 'bad' ? refused(parsed.message) : linesOf(parsed.value, kind)
  }
  const lines: CsvLine[] = []
  const { bad } = await readCsv(path, importColumns[kind], (line) => lines.push(line))
  return { lines, bad, unit: 'line' }
}

/** Reads one JSON file with any of the lists clinics, doctors and slots. Throws when it cannot be read. */
export async function readImportDocument(path: string): Promise<Partial<Record<ImportList, ImportLines>>> {
  const parsed = await parseJson(path)
  const expected = 'expected {"clinics": […], "doctors": […], "slots": […]}'
  if (parsed.kind === 'bad') return { clinics: refused(parsed.message) }
  if (!isObject(parsed.value)) return { clinics: refused(`the file is not an object; ${expected}`) }
  const unknown = Object.keys(parsed.value).find((name) => !(importKinds as readonly string[]).includes(name))
  if (unknown !== undefined) return { clinics: refused(`unknown list ${quoted(unknown)}; ${expected}`) }
  const document = parsed.value
  return Object.fromEntries(
    importKinds.filter((kind) => Object.hasOwn(document, kind)).map((kind) => [kind, linesOf(document[kind], kind)]),
  )
}

type Json = { kind: 'good'; value: unknown } | { kind: 'bad'; message: string }

async function parseJson(path: string): Promise<Json> {
  const { size } = await stat(path)
  if (size > jsonBytesMax) return { kind: 'bad', message: `the file is larger than ${jsonBytesMax >> 20} MiB` }
  const bytes = await readFile(path)
  try {
    return { kind: 'good', value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) }
  } catch (error) {
    const why = error instanceof SyntaxError ? error.message : 'it is not UTF-8 text'
    return { kind: 'bad', message: `the file is not JSON: ${why}` }
  }
}

function linesOf(value: unknown, kind: ImportList): ImportLines {
  if (!Array.isArray(value)) return refused(`expected a list of ${kind}, [{…}, {…}]`)
  const bad = noBadLines()
  const lines: CsvLine[] = []
  for (const [index, item] of value.entries()) {
    const line = index + 1
    if (line > itemsMax) {
      addBadLine(bad, { line, column: null, value: null, message: `more than ${itemsMax} items` })
      break
    }
    const values = isObject(item) ? textsOf(item, kind, line, bad) : null
    if (!isObject(item))
      addBadLine(bad, { line, column: null, value: JSON.stringify(item), message: 'is not an object' })
    if (values !== null) lines.push({ line, values })
  }
  return { lines, bad, unit: 'item' }
}

/**
 * The fields of a JSON object as the texts a CSV line would have: numbers as digits, lists with semicolons, null as ''.
 */
function textsOf(
  item: Record<string, unknown>,
  kind: ImportList,
  line: number,
  bad: BadLines,
): Record<string, string> | null {
  const { required, optional } = importColumns[kind]
  const nameByField = new Map([...required, ...optional].map((name) => [camelCase(name), name]))
  const before = bad.count
  const values: Record<string, string> = Object.create(null)
  for (const [field, value] of Object.entries(item)) {
    const name = nameByField.get(field)
    const text = textOf(value)
    if (name === undefined) {
      const message = `unknown field ${quoted(field)} (expected: ${[...nameByField.keys()].join(', ')})`
      addBadLine(bad, { line, column: null, value: null, message })
    } else if (text === null) {
      addBadLine(bad, {
        line,
        column: field,
        value: JSON.stringify(value),
        message: 'expected text, a number or a list of texts',
      })
    } else if (/\p{Cc}|\p{Cs}/u.test(text)) {
      addBadLine(bad, { line, column: field, value: text, message: 'contains control characters' })
    } else {
      values[name] = text.trim()
    }
  }
  for (const [field, name] of nameByField) {
    if (required.includes(name) && !Object.hasOwn(item, field)) {
      addBadLine(bad, { line, column: null, value: null, message: `the field ${quoted(field)} is missing` })
    }
  }
  return bad.count === before ? values : null
}

function textOf(value: unknown): string | null {
  if (value === null) return ''
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  if (Array.isArray(value) && value.every((part) => typeof part === 'string' && !part.includes(';')))
    return value.join(';')
  return null
}

/** `starts_at` as JSON has it: `startsAt`. */
export function camelCase(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refused(message: string): ImportLines {
  const bad = noBadLines()
  addBadLine(bad, { line: 1, column: null, value: null, message })
  return { lines: [], bad, unit: 'line' }
}
