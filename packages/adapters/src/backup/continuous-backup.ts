import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import type { ObjectStore } from '../object-store/object-store.ts'
import { hasArchivedHistory } from './archive-position.ts'
import { BackupError } from './backup-error.ts'
import { backupFolders } from './backup-folders.ts'
import { type BackupKeySettings, loadSealer, type Sealer } from './backup-keys.ts'
import { takeBaseBackup } from './base-backup.ts'
import { type BaseManifest, listBases } from './base-manifest.ts'
import { bindStore } from './bind-store.ts'
import { removeExpired } from './remove-expired.ts'
import { connectReplication, identifyServer, type ServerIdentity } from './replication-client.ts'
import { WalArchiver } from './wal-archiver.ts'

export type ContinuousBackupOptions = {
  databaseUrl: string
  store: ObjectStore
  keys: BackupKeySettings
  release: string
  embedded: boolean
  /** How often the WAL in progress is stored. */
  flushSeconds: number
  /** How often the whole database is copied. */
  copyHours: number
  /**
   * How many megabytes are read a second for a copy; twice as many after each failure, up to eight times as many.
   * Default: without a limit.
   */
  megabytesPerSecond?: number
  /** How long backups are kept. */
  keepDays: number
  signal: AbortSignal
  /** Stores what else a restore to this moment (milliseconds) has to know. */
  storeErasures?(sealer: Sealer, untilMs: number): Promise<void>
  onEvent(event: BackupEvent): void
}

export type BackupEvent =
  /** The key is there. Until then nothing is lost if the process is ended without a stop. */
  | { kind: 'opened' }
  /** The database can be restored as it was at this moment. */
  | { kind: 'flushed'; untilMs: number }
  | { kind: 'copied'; manifest: BaseManifest; removed: string[] }
  /** Another process of this installation does it. */
  | { kind: 'waiting' }
  /** The database was set back to an earlier state: a new archive begins, with a new copy. */
  | { kind: 'other_history'; archive: string }
  /** It is tried again. */
  | { kind: 'failed'; what: 'archive' | 'copy'; error: unknown }

const slotPrefix = 'holdfast_backup_'
const retryMs = 10_000
const retryCopyMsMax = 15 * 60_000
const hourMs = 3_600_000
const speedUpMax = 8

/**
 * Backs up a database server until the signal: archives its WAL, copies it regularly, and removes old backups. Goes on
 * after failures. Several processes may do this for one server; one of them works, and the others wait.
 */
export async function runContinuousBackup(options: ContinuousBackupOptions): Promise<void> {
  const { signal, onEvent } = options
  let sealer: Sealer | undefined
  while (!signal.aborted) {
    try {
      if (sealer === undefined) {
        sealer = await loadSealer(options.store, options.keys)
        onEvent({ kind: 'opened' })
      }
      await archiveUntilFailure({ ...options, sealer })
    } catch (error) {
      if (isKeyError(error)) sealer = undefined
      if (!signal.aborted) {
        onEvent(isSlotInUse(error) ? { kind: 'waiting' } : { kind: 'failed', what: 'archive', error })
      }
    }
    await delay(retryMs, undefined, { signal }).catch(() => undefined)
  }
}

/** Another key than the sealer's may be stored now. */
function isKeyError(error: unknown): boolean {
  return error instanceof BackupError && ['no_key', 'wrong_key'].includes(error.kind)
}

/** The replication slot is used by another connection. */
function isSlotInUse(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '55006'
}

type Archiving = ContinuousBackupOptions & { sealer: Sealer }

async function archiveUntilFailure(options: Archiving): Promise<void> {
  const { databaseUrl, store, sealer, flushSeconds, signal, onEvent } = options
  const replication = await connectReplication(databaseUrl)
  let archiver: WalArchiver | undefined
  let copies: Copies | undefined
  try {
    const server = await identifyServer(replication)
    await bindStore(store, server.installation)
    await sealer.confirm()
    await refuseAsSynchronousStandby(replication)
    const { archive, slot, restartLsn } = await openArchive(replication, server, options)
    const { timeline, walSegmentBytes: segmentBytes } = server
    archiver = await WalArchiver.start({
      databaseUrl,
      replication,
      store,
      sealer,
      archive,
      slot,
      timeline,
      segmentBytes,
      restartLsn,
    })
    copies = new Copies(options, archive)
    for (;;) {
      const beganMs = performance.now()
      // One that began before the signal may lack what was written since.
      const isLast = signal.aborted
      const untilMs = await archiver.flush()
      await sealer.confirm()
      await options.storeErasures?.(sealer, untilMs)
      onEvent({ kind: 'flushed', untilMs })
      if (isLast) return
      if (!signal.aborted) void copies.copyIfDue()
      // From the beginning of this one: what it took to store is not added to what may be lost.
      const leftMs = Math.max(0, beganMs + flushSeconds * 1000 - performance.now())
      const waited = delay(leftMs, undefined, { signal }).catch(() => undefined)
      await archiver.unlessFailed(waited)
    }
  } finally {
    await copies?.ended
    await archiver?.stop()
    await replication.end().catch(() => undefined)
  }
}

/**
 * Takes a copy whenever the last one of this archive is too old. After a failure it waits until the WAL is stored the
 * next time, and after each further one twice as long: without a first copy, nothing can be restored.
 */
class Copies {
  readonly #options: Archiving
  readonly #archive: string
  #nextMs = 0
  #failures = 0
  #running: Promise<void> | undefined

  constructor(options: Archiving, archive: string) {
    this.#options = options
    this.#archive = archive
  }

  /** Resolves when the copy in progress, if there is one, has ended. */
  get ended(): Promise<void> {
    return this.#running ?? Promise.resolve()
  }

  async copyIfDue(): Promise<void> {
    if (this.#running !== undefined || Date.now() < this.#nextMs) return
    this.#running = this.#copy().catch((error: unknown) => {
      const { flushSeconds, signal, onEvent } = this.#options
      this.#nextMs = Date.now() + Math.min(retryCopyMsMax, flushSeconds * 1000 * 2 ** this.#failures)
      this.#failures += 1
      if (!signal.aborted) onEvent({ kind: 'failed', what: 'copy', error })
    })
    await this.#running
    this.#running = undefined
  }

  async #copy(): Promise<void> {
    const { store, copyHours, keepDays, onEvent } = this.#options
    const bases = (await listBases(store)).filter((base) => base.kind === 'complete')
    const last = bases.findLast(({ manifest }) => manifest.archive === this.#archive)
    if (last !== undefined) {
      this.#nextMs = new Date(last.manifest.startedAt).getTime() + copyHours * hourMs
      if (Date.now() < this.#nextMs) {
        this.#failures = 0
        return
      }
    }
    // Without a first copy, the archive is of no use.
    const checkpoint = last === undefined ? 'fast' : 'spread'
    const manifest = await takeBaseBackup({
      ...this.#options,
      archive: this.#archive,
      checkpoint,
      // The server ends a copy that was so slow that it would have to retain too much WAL.
      speedUp: Math.min(speedUpMax, 2 ** this.#failures),
    })
    this.#nextMs = new Date(manifest.startedAt).getTime() + copyHours * hourMs
    this.#failures = 0
    onEvent({ kind: 'copied', manifest, removed: await removeExpired(store, keepDays, new Date(manifest.endedAt)) })
  }
}

/**
 * A backup that is a synchronous standby would delay every commit, because it reports what it has received only when
 * that is stored.
 */
async function refuseAsSynchronousStandby(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ names: string }>(`select current_setting('synchronous_standby_names') as names`)
  if (!rows[0]?.names.includes('*')) return
  throw new BackupError(
    'not_permitted',
    'synchronous_standby_names has a *, which includes the connection of the backup: name the standbys there.',
  )
}

type Slot = { name: string; restart_lsn: string | null; active: boolean; wal_status: string | null }
type Archive = { archive: string; slot: string; restartLsn: string }

/**
 * The server of an archive, and the key for which it is encrypted: a restore decrypts a copy and its WAL with one key.
 */
type ArchiveOwner = Pick<ServerIdentity, 'installation' | 'timeline'> & { recipient: string }

/**
 * The archive that continues, or a new one if there is none, if the server has removed WAL that it needs, if this
 * server has another history, or if backups are encrypted with another key now. Restored copies of a server have no
 * slots, and so always begin another archive.
 */
async function openArchive(client: pg.Client, server: ServerIdentity, options: Archiving): Promise<Archive> {
  const { databaseUrl, store, sealer, onEvent } = options
  const { installation, timeline, walSegmentBytes: segmentBytes } = server
  const owner: ArchiveOwner = { installation, timeline, recipient: sealer.recipient }
  for (const { name, restart_lsn: restartLsn, active, wal_status: status } of await readSlots(client)) {
    const archive = name.slice(slotPrefix.length)
    if (restartLsn !== null && status !== 'lost' && (await isArchiveOf(store, archive, owner))) {
      const end = { archive, restartLsn, timeline, segmentBytes }
      // The process that uses it has compared it.
      if (active || (await hasArchivedHistory(databaseUrl, client, store, end)))
        return { archive, slot: name, restartLsn }
      onEvent({ kind: 'other_history', archive })
    }
    // The slot is of another place, where backups went before, or no longer usable. It would retain WAL for ever.
    if (!active) await client.query(`select pg_drop_replication_slot('${name}')`)
  }
  const archive = randomBytes(4).toString('hex')
  const slot = `${slotPrefix}${archive}`
  await client.query(`CREATE_REPLICATION_SLOT ${slot} PHYSICAL (RESERVE_WAL)`)
  const created = (await readSlots(client)).find(({ name }) => name === slot)
  await store.put(archiveKey(archive), Buffer.from(`${JSON.stringify(owner)}\n`))
  return { archive, slot, restartLsn: created?.restart_lsn ?? '0/0' }
}

function archiveKey(archive: string): string {
  return `${backupFolders.wal}${archive}/archive.json`
}

async function isArchiveOf(store: ObjectStore, archive: string, owner: ArchiveOwner): Promise<boolean> {
  const text = await store.get(archiveKey(archive))
  if (text === null) return false
  const { installation, timeline, recipient } = JSON.parse(text.toString()) as Partial<ArchiveOwner>
  return installation === owner.installation && timeline === owner.timeline && recipient === owner.recipient
}

async function readSlots(client: pg.Client): Promise<Slot[]> {
  const { rows } = await client.query<Slot>(
    `select slot_name as name, restart_lsn::text as restart_lsn, active, wal_status
       from pg_replication_slots
      where slot_type = 'physical' and starts_with(slot_name, '${slotPrefix}') order by slot_name`,
  )
  return rows
}

/** The archive in this store that receives the WAL of a server, encrypted for the recipient; null: none does. */
export async function findArchive(databaseUrl: string, store: ObjectStore, recipient: string): Promise<string | null> {
  const client = await connectReplication(databaseUrl)
  try {
    const server = await identifyServer(client)
    for (const { name, active } of await readSlots(client)) {
      const archive = name.slice(slotPrefix.length)
      if (active && (await isArchiveOf(store, archive, { ...server, recipient }))) return archive
    }
    return null
  } finally {
    await client.end()
  }
}

/** Removes the slots of earlier archives, which retain WAL. For a server that is no longer backed up. */
export async function dropArchives(databaseUrl: string): Promise<void> {
  const client = await connectReplication(databaseUrl)
  try {
    for (const { name, active } of await readSlots(client)) {
      if (!active) await client.query(`select pg_drop_replication_slot('${name}')`)
    }
  } finally {
    await client.end()
  }
}
