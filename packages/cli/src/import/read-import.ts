import type { DirectoryImport, ImportList } from '@holdfast/engine'
import { isId } from '@holdfast/engine'
import { type BadLine, type BadLines, describeBadLine, noBadLines } from '../tables/bad-lines.ts'
import { parseClinics, parseDoctors, parseSlots } from './import-rows.ts'
import { camelCase, type ImportLines, readImportDocument, readImportFile } from './read-import-file.ts'

/** Where each list is; `document` is one JSON file with any of the three. Paths are absolute. */
export type ImportSources = { document: string | null } & Record<ImportList, string | null>

export type ImportRead = {
  directory: DirectoryImport
  /** How many problems there are, and the first of each file, ready to be printed. With any, nothing is imported. */
  problemCount: number
  problems: string[]
  /** What the numbers of each list's rows count: lines of a file, or items of a JSON list. */
  units: Record<ImportList, 'line' | 'item'>
}

const nothing: ImportLines = { lines: [], bad: noBadLines(), unit: 'line' }

/**
 * Reads and checks the files of an import: every value against its rule, and every reference to a key. What only the
 * database knows is checked later. Throws when a file cannot be read.
 */
export async function readImport(sources: ImportSources, now: Temporal.Instant): Promise<ImportRead> {
  const document = sources.document === null ? {} : await readImportDocument(sources.document)
  const read = async (list: ImportList) => {
    const path = sources[list]
    return path === null ? (document[list] ?? nothing) : readImportFile(path, list)
  }
  const clinics = await read('clinics')
  const doctors = await read('doctors')
  const slots = await read('slots')

  const clinicKeys = keysOf(clinics, 'clinic')
  const doctorKeys = keysOf(doctors, 'doctor')
  const directory: DirectoryImport = {
    clinics: parseClinics(clinics.lines, clinics.bad),
    doctors: parseDoctors(doctors.lines, (key) => clinicKeys.has(key) || isId(key), doctors.bad),
    slots: parseSlots(slots.lines, (key) => doctorKeys.has(key) || isId(key), now, slots.bad),
  }
  const units = { clinics: clinics.unit, doctors: doctors.unit, slots: slots.unit }
  const lists = [
    { list: 'clinics', bad: clinics.bad },
    { list: 'doctors', bad: doctors.bad },
    { list: 'slots', bad: slots.bad },
  ] as const
  const problems = lists.flatMap(({ list, bad }) => describeList(list, bad, units[list]))
  return { directory, problemCount: lists.reduce((sum, { bad }) => sum + bad.count, 0), problems, units }
}

/** Keys of bad lines too: what refers to them is not wrong for that. */
function keysOf({ lines }: ImportLines, column: string): Set<string> {
  return new Set(lines.map(({ values }) => values[column] ?? ''))
}

function describeList(list: ImportList, bad: BadLines, unit: 'line' | 'item'): string[] {
  const asWritten = (line: BadLine): BadLine =>
    unit === 'item' && line.column !== null ? { ...line, column: camelCase(line.column) } : line
  const described = bad.lines.map((line) => `${list}, ${describeBadLine(asWritten(line), unit)}`)
  if (bad.count > bad.lines.length) described.push(`${list}: … and ${bad.count - bad.lines.length} more`)
  return described
}
