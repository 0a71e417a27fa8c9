import { createHash } from 'node:crypto'
import type pg from 'pg'
import type { ObjectStore } from '../object-store/object-store.ts'
import { BackupError } from './backup-error.ts'
import { backupFolders } from './backup-folders.ts'
import { sha256 } from './base-manifest.ts'
import { formatLsn, parseLsn, segmentStart, walFileName } from './lsn.ts'
import { CopyCommand, connectReplication } from './replication-client.ts'
import { listWalObjects, walFiles } from './wal-archive.ts'
import { walDataOf } from './wal-receiver.ts'

/**
 * How far an archive goes: `sha256` is that of the WAL from the beginning of its last segment up to `lsn`. It shows
 * whether a server still has the history that was archived. One whose files were set back to an earlier state (a copy
 * made before an upgrade, a snapshot of the machine) has the same identifier, timeline and slot.
 */
type Position = { lsn: string; sha256: string }

function positionKey(archive: string): string {
  return `${backupFolders.wal}${archive}/position.json`
}

/** Notes the position of an archive before WAL up to there is stored in it. */
export class ArchivePosition {
  readonly #store: ObjectStore
  readonly #archive: string
  #noted: string | null
  #lsn: bigint
  #work: Promise<void> = Promise.resolve()

  private constructor(store: ObjectStore, archive: string, noted: string | null) {
    this.#store = store
    this.#archive = archive
    this.#noted = noted
    const position = noted === null ? null : parse(noted)
    // After a crash the server sends again what was stored already.
    this.#lsn = position === null ? 0n : parseLsn(position.lsn)
  }

  static async open(store: ObjectStore, archive: string): Promise<ArchivePosition> {
    return new ArchivePosition(store, archive, await readText(store, archive))
  }

  /**
   * @param content the WAL of the segment that begins at `startLsn`
   * @throws BackupError `other_history` if something else has noted another position
   */
  async note(startLsn: bigint, content: Uint8Array): Promise<void> {
    const lsn = startLsn + BigInt(content.length)
    const digest = sha256(content)
    const noting = this.#work.then(() => this.#note(lsn, digest))
    this.#work = noting.catch(() => undefined)
    await noting
  }

  async #note(lsn: bigint, digest: string): Promise<void> {
    // A full segment may be stored while the one before it was being stored in part.
    if (lsn <= this.#lsn) return
    if ((await readText(this.#store, this.#archive)) !== this.#noted) {
      throw new BackupError(
        'other_history',
        `${positionKey(this.#archive)} in ${this.#store.name} is another one: another disk was mounted there, this ` +
          'machine was set back, or another process has written it. The history of the database is compared again.',
      )
    }
    const position: Position = { lsn: formatLsn(lsn), sha256: digest }
    const text = `${JSON.stringify(position)}\n`
    await this.#store.put(positionKey(this.#archive), Buffer.from(text))
    this.#noted = text
    this.#lsn = lsn
  }
}

async function readText(store: ObjectStore, archive: string): Promise<string | null> {
  return (await store.get(positionKey(archive)))?.toString() ?? null
}

export type ArchiveEnd = { archive: string; restartLsn: string; timeline: number; segmentBytes: number }

/** Whether the server has all the WAL that was archived, so that the archive can go on. */
export async function hasArchivedHistory(
  databaseUrl: string,
  client: pg.Client,
  store: ObjectStore,
  end: ArchiveEnd,
): Promise<boolean> {
  const { archive, restartLsn, timeline, segmentBytes } = end
  // Before the server's position: another process may be archiving.
  const text = await readText(store, archive)
  const { rows } = await client.query<{ lsn: string }>('select pg_current_wal_flush_lsn()::text as lsn')
  const serverLsn = parseLsn(rows[0]?.lsn ?? '0/0')
  if (text === null) return !(await hasLaterFile(store, end, serverLsn))
  const position = parse(text)
  if (position === null) return false
  const lsn = parseLsn(position.lsn)
  const slotLsn = parseLsn(restartLsn)
  // The slot has moved there only after the WAL was stored, and all that is before it is common.
  if (slotLsn === lsn) return true
  // What the slot was moved for was stored at another place, over which this one is mounted now.
  if (slotLsn > lsn || serverLsn < lsn) return false
  return (await digestOfWal(databaseUrl, timeline, segmentStart(lsn - 1n, segmentBytes), lsn)) === position.sha256
}

/** For an archive without a position, which an earlier release has written. */
async function hasLaterFile(store: ObjectStore, end: ArchiveEnd, serverLsn: bigint): Promise<boolean> {
  const last = walFiles(await listWalObjects(store, end.archive)).at(-1)
  if (last === undefined) return false
  const current = walFileName(end.timeline, serverLsn, end.segmentBytes)
  return last.partial ? last.file > current : last.file >= current
}

function parse(text: string): Position | null {
  try {
    const { lsn, sha256: digest } = JSON.parse(text) as Partial<Position>
    return typeof lsn === 'string' && typeof digest === 'string' ? { lsn, sha256: digest } : null
  } catch {
    return null
  }
}

async function digestOfWal(databaseUrl: string, timeline: number, from: bigint, to: bigint): Promise<string> {
  const client = await connectReplication(databaseUrl)
  const hash = createHash('sha256')
  const reached = Promise.withResolvers<void>()
  let at = from
  const command = new CopyCommand(`START_REPLICATION PHYSICAL ${formatLsn(from)} TIMELINE ${timeline}`, (message) => {
    const content = walDataOf(message)?.subarray(0, Number(to - at))
    if (content === undefined) return
    hash.update(content)
    at += BigInt(content.length)
    if (at === to) reached.resolve()
  })
  try {
    client.query(command)
    const ended = command.done.then(() => {
      throw new Error('PostgreSQL ended the stream of WAL.')
    })
    await Promise.race([reached.promise, ended])
    return hash.digest('hex')
  } finally {
    command.connection?.stream.destroy()
    await client.end().catch(() => undefined)
  }
}
