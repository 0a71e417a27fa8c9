import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { link, open, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { ArchiveRefused } from './archive-refused.ts'

// JSON Lines, compressed with gzip: a header, a line for each row as `{"kind", "clinicNo", "row"}`, and a trailer. A
// row is PostgreSQL's JSON of it in UTC, by column names: it depends on no locale, and a newer schema can read it.

export const archivedKinds = ['slot', 'booking', 'booking_event', 'manage_token', 'booking_patient'] as const
export type ArchivedKind = (typeof archivedKinds)[number]
export type ArchivedCounts = Record<ArchivedKind, number>
export type ArchivedLine = { kind: ArchivedKind; clinicNo: number; row: string }

export type ArchiveHeader = {
  format: 'holdfast-archive'
  formatVersion: number
  /** YYYY-MM */
  month: string
  /** The newest migration of the database. */
  schema: { version: number; name: string }
}

/** What a file contains. `checksum`: SHA-256 of its lines without the trailer. */
export type ArchiveSummary = { header: ArchiveHeader; counts: ArchivedCounts; checksum: Buffer }

const formatVersion = 1

export function archiveHeader(month: string, schema: ArchiveHeader['schema']): ArchiveHeader {
  return { format: 'holdfast-archive', formatVersion, month, schema }
}

export function archiveFileName(month: string): string {
  return `holdfast-${month}.jsonl.gz`
}

/**
 * Writes a file that is complete as soon as it has its name: under a temporary name, flushed to disk, and then linked,
 * so that no file is ever overwritten. Readable only by its owner, because it has the data of patients. A file of the
 * same content that is there already is left as it is.
 *
 * @throws ArchiveRefused file_exists
 */
export async function writeArchiveFile(
  path: string,
  header: ArchiveHeader,
  lines: AsyncIterable<ArchivedLine>,
): Promise<ArchiveSummary> {
  const temporary = `${path}.partial`
  await rm(temporary, { force: true })
  const file = await open(temporary, 'wx', 0o600)
  const summary: ArchiveSummary = { header, counts: noCounts(), checksum: Buffer.alloc(0) }
  await pipeline(textOf(lines, summary), createGzip(), file.createWriteStream())
  await flush(temporary)
  try {
    await link(temporary, path)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    await requireSame(path, summary)
  }
  await rm(temporary)
  // A new name is safe only when its directory is on disk too.
  await flush(dirname(path))
  return summary
}

async function* textOf(lines: AsyncIterable<ArchivedLine>, summary: ArchiveSummary): AsyncGenerator<string> {
  const hash = createHash('sha256')
  const hashed = (line: string) => {
    hash.update(line)
    return line
  }
  yield hashed(`${JSON.stringify(summary.header)}\n`)
  for await (const { kind, clinicNo, row } of lines) {
    summary.counts[kind] += 1
    yield hashed(`{"kind":"${kind}","clinicNo":${clinicNo},"row":${row}}\n`)
  }
  summary.checksum = hash.digest()
  yield `${JSON.stringify({ counts: summary.counts, sha256: summary.checksum.toString('hex') })}\n`
}

async function requireSame(path: string, written: ArchiveSummary): Promise<void> {
  const found = await readArchiveFile(path).catch(() => null)
  if (found?.checksum.equals(written.checksum)) return
  throw new ArchiveRefused('file_exists', `${path} exists and has another content: choose another directory`)
}

async function flush(path: string): Promise<void> {
  const opened = await open(path)
  try {
    await opened.sync()
  } finally {
    await opened.close()
  }
}

/**
 * Reads a whole file and checks it against its trailer.
 *
 * @param onLine called with each row, before the file is known to be whole
 * @throws ArchiveRefused not_an_archive, damaged; and an error of the file system
 */
export async function readArchiveFile(
  path: string,
  onLine: (line: ArchivedLine) => Promise<void> | void = () => undefined,
): Promise<ArchiveSummary> {
  const source = createReadStream(path)
  const unzipped = source.pipe(createGunzip())
  // The lines end with the error.
  source.on('error', (error) => unzipped.destroy(error))
  const hash = createHash('sha256')
  const counts = noCounts()
  let header: ArchiveHeader | null = null
  let trailer: unknown = null
  try {
    for await (const text of linesOf(unzipped.setEncoding('utf8'))) {
      if (trailer !== null) throw damaged(path, 'it goes on after its end')
      if (header === null) header = headerOf(path, text)
      else {
        const line = lineOf(text)
        if (line === null) {
          trailer = JSON.parse(text)
          continue
        }
        counts[line.kind] += 1
        await onLine(line)
      }
      hash.update(`${text}\n`)
    }
  } catch (error) {
    throw unreadable(path, error, header !== null)
  }
  const checksum = hash.digest()
  if (header === null) throw new ArchiveRefused('not_an_archive', `${path} is empty`)
  if (JSON.stringify(trailer) !== JSON.stringify({ counts, sha256: checksum.toString('hex') })) {
    throw damaged(path, trailer === null ? 'its end is missing' : 'its content does not have its checksum')
  }
  return { header, counts, checksum }
}

/** The lines without their line feeds. node:readline would also split at U+2028, which may be in a text. */
async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') yield rest
}

function headerOf(path: string, text: string): ArchiveHeader {
  const header: Partial<ArchiveHeader> | null = parsed(text)
  if (header?.format !== 'holdfast-archive') throw new ArchiveRefused('not_an_archive', `${path} is not an archive`)
  if (header.formatVersion !== formatVersion) {
    const message = `${path} has format ${header.formatVersion}; this release reads format ${formatVersion}`
    throw new ArchiveRefused('newer_schema', message)
  }
  return header as ArchiveHeader
}

const linePattern = /^\{"kind":"(\w+)","clinicNo":(\d+),"row":(\{.*\})\}$/s

function lineOf(text: string): ArchivedLine | null {
  const found = linePattern.exec(text)
  const kind = archivedKinds.find((one) => one === found?.[1])
  return found?.[3] === undefined || kind === undefined ? null : { kind, clinicNo: Number(found[2]), row: found[3] }
}

function parsed(text: string) {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** zlib's errors, and what follows from them, mean a file that was cut off or changed. */
function unreadable(path: string, error: unknown, hasHeader: boolean): unknown {
  if (error instanceof ArchiveRefused) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code.startsWith('Z_') || error instanceof SyntaxError) {
    if (hasHeader) return damaged(path, 'it cannot be read to its end', error)
    return new ArchiveRefused('not_an_archive', `${path} is not an archive`, { cause: error })
  }
  return error
}

function damaged(path: string, what: string, cause?: unknown): ArchiveRefused {
  return new ArchiveRefused('damaged', `${path} is damaged: ${what}`, { cause })
}

function noCounts(): ArchivedCounts {
  return { slot: 0, booking: 0, booking_event: 0, manage_token: 0, booking_patient: 0 }
}

export function archivePath(directory: string, month: string): string {
  return join(directory, archiveFileName(month))
}
