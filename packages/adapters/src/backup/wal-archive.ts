import { promisify } from 'node:util'
import { constants, zstdCompress, zstdDecompress } from 'node:zlib'
import type { ObjectStore } from '../object-store/object-store.ts'
import type { Authenticator } from './authenticator.ts'
import { BackupError } from './backup-error.ts'
import { backupFolders } from './backup-folders.ts'
import type { Opener, Sealer } from './backup-keys.ts'
import { sha256 } from './base-manifest.ts'

/**
 * One WAL file in an archive. An archive has the WAL of one replication slot, so a restored copy of the database, which
 * has no slots, always begins another one: their files have the same names and other contents.
 */
export type ArchivedWal = {
  key: string
  /** PostgreSQL's name of the file. */
  file: string
  /** Every change that was acknowledged before this moment (milliseconds) is in this file or in one before it. */
  untilMs: number
  /** The file was not full yet. Another object with more of it may follow. */
  partial: boolean
  sha256: string
  /** The MAC of the part of the key before it; null: it is not signed. */
  mac: string | null
}

const pattern = /^wal\/([^/]+)\/([0-9A-F]{24})-(\d+)-([0-9a-f]{64})(\.partial)?(?:\.([0-9a-f]{64}))?\.age$/
/**
 * WAL is compressed while it is written: speed matters more than size. A result that is handed over in pieces of 16 KB,
 * the default, took a quarter more processor time.
 */
const compression = { chunkSize: 1024 * 1024, params: { [constants.ZSTD_c_compressionLevel]: 1 } }
const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

/** Compresses, encrypts and stores one file. @returns the object */
export async function storeWal(
  store: ObjectStore,
  sealer: Sealer,
  archive: string,
  wal: { file: string; content: Uint8Array; untilMs: number; partial: boolean },
): Promise<ArchivedWal> {
  const { file, content, untilMs, partial } = wal
  const body = await sealer.seal(await compress(content, compression))
  const digest = sha256(body)
  const described = `${backupFolders.wal}${archive}/${file}-${untilMs}-${digest}${partial ? '.partial' : ''}`
  const mac = sealer.authenticator?.sign(described) ?? null
  const key = `${described}${mac === null ? '' : `.${mac}`}.age`
  await store.put(key, body)
  return { key, file, untilMs, partial, sha256: digest, mac }
}

/** A WAL file with the archive that has it. */
export type StoredWal = ArchivedWal & { archive: string }

/** undefined: it is not the key of a WAL file. */
function parseWalKey(key: string): StoredWal | undefined {
  const match = pattern.exec(key)
  if (match === null) return undefined
  const [, archive = '', file = '', untilMs, digest = '', partial, mac = null] = match
  return { key, archive, file, untilMs: Number(untilMs), partial: partial !== undefined, sha256: digest, mac }
}

/** All objects with WAL, of one archive or of all. */
export async function listWalObjects(store: ObjectStore, archive?: string): Promise<StoredWal[]> {
  const objects = await store.list(archive === undefined ? backupFolders.wal : `${backupFolders.wal}${archive}/`)
  return objects.map(({ key }) => parseWalKey(key)).filter((wal) => wal !== undefined)
}

/** The files of an archive in the order of the WAL. If a file has several objects, the fullest is taken. */
export function walFiles(objects: readonly ArchivedWal[]): ArchivedWal[] {
  const files = new Map<string, ArchivedWal>()
  for (const wal of objects) {
    const other = files.get(wal.file)
    if (other === undefined || isFuller(wal, other)) files.set(wal.file, wal)
  }
  return [...files.values()].sort((a, b) => (a.file < b.file ? -1 : 1))
}

function isFuller(a: ArchivedWal, b: ArchivedWal): boolean {
  return a.partial === b.partial ? a.untilMs >= b.untilMs : !a.partial
}

/**
 * The files from `first` on, up to the first that is missing or not full, and is not the last.
 *
 * @returns `missing`: PostgreSQL's name of that file, if there are later ones
 */
export function withoutGaps(
  files: readonly ArchivedWal[],
  first: string,
  segmentBytes: number,
): { wal: ArchivedWal[]; missing: string | null } {
  const wal: ArchivedWal[] = []
  let expected = first
  for (const one of files) {
    if (one.file < first) continue
    if (one.file !== expected) return { wal, missing: expected }
    wal.push(one)
    expected = one.partial ? one.file : nextFile(one.file, segmentBytes)
  }
  return { wal, missing: null }
}

/**
 * The files that a recovery to this moment reads. It ends at the first commit after the moment, and the file that has
 * every change before a moment also has the commit of that moment.
 */
export function walUntil(wal: readonly ArchivedWal[], to: Date): ArchivedWal[] {
  const last = wal.findIndex(({ untilMs }) => untilMs >= to.getTime())
  return wal.slice(0, last === -1 ? wal.length : last + 1)
}

function nextFile(file: string, segmentBytes: number): string {
  const perPart = 0x1_0000_0000n / BigInt(segmentBytes)
  const segment = BigInt(`0x${file.slice(8, 16)}`) * perPart + BigInt(`0x${file.slice(16)}`) + 1n
  const parts = [segment / perPart, segment % perPart].map((part) => part.toString(16).padStart(8, '0'))
  return `${file.slice(0, 8)}${parts.join('')}`.toUpperCase()
}

/** Whether it was written with the passphrase, for this archive, this file and this moment. */
export function isSignedWal({ key, mac }: ArchivedWal, authenticator: Authenticator | null): boolean {
  const described = key.slice(0, key.length - `${mac === null ? '' : `.${mac}`}.age`.length)
  return authenticator === null || authenticator.isSigned(described, mac)
}

/** Reads an object. @throws BackupError `incomplete`, `damaged` if it does not have its checksum */
export async function readChecked(store: ObjectStore, { key, sha256: expected }: { key: string; sha256: string }) {
  const body = await store.get(key)
  if (body === null) throw new BackupError('incomplete', `The backup is incomplete: ${key} is missing.`)
  if (sha256(body) !== expected) {
    throw new BackupError('damaged', `The backup is damaged: ${key} does not have its checksum.`)
  }
  return body
}

/** How often an object may be replaced between listing and reading it. */
const replacementsMax = 5

/**
 * Reads the object of a WAL file. While backups go on, one with more of the same file may have replaced it.
 *
 * @throws BackupError `incomplete`, `damaged`, `forged`
 */
export async function readCheckedWal(store: ObjectStore, opener: Opener, wal: ArchivedWal): Promise<Buffer> {
  let current = wal
  for (let tries = 0; ; tries += 1) {
    if (!isSignedWal(current, opener.authenticator)) {
      throw new BackupError(
        'forged',
        `${current.key} was not written with this passphrase: somebody else can write to the place of the backups. ` +
          'Remove it there to restore what was backed up before it.',
      )
    }
    try {
      return await readChecked(store, current)
    } catch (error) {
      const isGone = error instanceof BackupError && error.kind === 'incomplete'
      if (!isGone || !current.partial || tries === replacementsMax) throw error
      // What replaces an object while they are listed may not be in the list.
      const replacement = (await replacementOf(store, wal)) ?? (await replacementOf(store, wal))
      if (replacement === undefined) throw error
      current = replacement
    }
  }
}

async function replacementOf(store: ObjectStore, wal: ArchivedWal): Promise<ArchivedWal | undefined> {
  const files = walFiles(await listWalObjects(store, archiveOf(wal)))
  return files.find(({ file, untilMs }) => file === wal.file && untilMs >= wal.untilMs)
}

function archiveOf({ key }: ArchivedWal): string {
  return key.split('/')[1] ?? ''
}

/** The content of a WAL file, filled up with zeros to its full size. */
export async function readWal(
  store: ObjectStore,
  opener: Opener,
  wal: ArchivedWal,
  segmentBytes: number,
): Promise<Buffer> {
  const content = await decompress(await opener.open(await readCheckedWal(store, opener, wal)))
  const file = Buffer.alloc(segmentBytes)
  content.copy(file)
  return file
}
