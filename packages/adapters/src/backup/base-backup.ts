import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { constants, createZstdCompress } from 'node:zlib'
import type pg from 'pg'
import type { ObjectStore } from '../object-store/object-store.ts'
import { BackupError } from './backup-error.ts'
import type { Sealer } from './backup-keys.ts'
import { type BackupPart, type BaseManifest, formatVersion, partKey, sha256, writeManifest } from './base-manifest.ts'
import { bindStore } from './bind-store.ts'
import { CopyCommand, connectReplication, identifyServer } from './replication-client.ts'

export type BaseBackupOptions = {
  databaseUrl: string
  store: ObjectStore
  sealer: Sealer
  /** The release of Holdfast. */
  release: string
  /** Whether this is the server that is installed with Holdfast. */
  embedded: boolean
  /** The archive that receives this server's WAL; null: none does. */
  archive: string | null
  /** `spread`: begins with a checkpoint that does not disturb, but takes minutes. Default: `fast`. */
  checkpoint?: 'fast' | 'spread'
  /** How many megabytes are read a second, or more: see {@link copyRate}. Default: without a limit. */
  megabytesPerSecond?: number
  /** How many times as fast as that, because former copies failed. Default: 1. */
  speedUp?: number
  /** The size of a stored object before it is encrypted. */
  partBytes?: number
  signal?: AbortSignal
}

const partBytesDefault = 16 * 1024 * 1024
const pieceBytes = 1024 * 1024
/** For a database, level 3 takes more than twice the processor time of level 1, and its result is not smaller. */
const compression = { chunkSize: 256 * 1024, params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/**
 * Copies a running database server to a store, with the WAL that the copy needs: BASE_BACKUP, compressed and encrypted.
 * The manifest is written last, so that what an interrupted copy leaves is not taken for a backup.
 *
 * @throws BackupError `other_installation`, `not_permitted`, `no_key`, `wrong_key`; ObjectStoreError
 */
export async function takeBaseBackup(options: BaseBackupOptions): Promise<BaseManifest> {
  const { store, sealer, release, embedded, archive } = options
  const client = await connectReplication(options.databaseUrl)
  try {
    const server = await identifyServer(client)
    await bindStore(store, server.installation)
    await sealer.confirm()
    const startedAt = await databaseTime(client)
    const id = `${startedAt.slice(0, 19).replaceAll(/[-:]/g, '')}Z-${randomBytes(4).toString('hex')}`
    const { startLsn, endLsn, bytes, parts } = await copyServer(client, id, options)
    const manifest: BaseManifest = {
      format: formatVersion,
      id,
      release,
      installation: server.installation,
      embedded,
      postgres: { version: server.version, majorVersion: server.majorVersion },
      owner: await ownerOf(client),
      timeline: server.timeline,
      walSegmentBytes: server.walSegmentBytes,
      startLsn,
      endLsn,
      archive,
      startedAt,
      endedAt: await databaseTime(client),
      recipient: sealer.recipient,
      bytes,
      parts,
    }
    // A copy that nothing decrypts must not be taken for a backup.
    await sealer.confirm().catch(async (error: unknown) => {
      await store.remove(parts.map(({ key }) => key))
      throw error
    })
    await writeManifest(store, manifest, sealer.authenticator)
    return manifest
  } finally {
    await client.end()
  }
}

/** What is written meanwhile is retained by a slot, whose size is limited (max_slot_wal_keep_size). */
const copySecondsMax = 3600
/** PostgreSQL's limit of MAX_RATE, 1 GB/s. */
const megabytesPerSecondMax = 1024

/**
 * How many megabytes of a server are read a second: so many that requests hardly wait for it, and more if a copy
 * would then take longer than an hour; all of it `speedUp` times.
 */
export function copyRate(megabytesPerSecond: number, bytes: number, speedUp = 1): number {
  const needed = Math.ceil(bytes / 1_048_576 / copySecondsMax)
  return Math.min(megabytesPerSecondMax, Math.max(megabytesPerSecond, needed) * speedUp)
}

/** The bytes of all databases of the server whose size this login may read: a copy is of the whole server. */
export async function serverBytes(client: Pick<pg.Client, 'query'>): Promise<number> {
  const { rows } = await client.query<{ bytes: string }>(
    `select sum(pg_database_size(oid)) as bytes from pg_database
      where has_database_privilege(oid, 'connect') or pg_has_role('pg_read_all_stats', 'usage')`,
  )
  return Number(rows[0]?.bytes ?? 0)
}

async function databaseTime(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ at: Date }>('select clock_timestamp() as at')
  return (rows[0]?.at ?? new Date()).toISOString()
}

async function ownerOf(client: pg.Client): Promise<{ role: string; database: string }> {
  const { rows } = await client.query<{ role: string; database: string }>(
    'select current_user as role, current_database() as database',
  )
  const [owner] = rows
  if (owner === undefined) throw new Error('The server does not say who is connected.')
  return owner
}

type Copy = { startLsn: string; endLsn: string; bytes: number; parts: BackupPart[] }

async function copyServer(client: pg.Client, id: string, options: BaseBackupOptions): Promise<Copy> {
  const { signal, megabytesPerSecond: wished, speedUp } = options
  const rate = wished === undefined ? null : copyRate(wished, await serverBytes(client), speedUp)
  // Retains the WAL of the copy until this connection ends: a checkpoint could remove it otherwise.
  await client.query(
    `CREATE_REPLICATION_SLOT holdfast_copy_${randomBytes(4).toString('hex')} TEMPORARY PHYSICAL (RESERVE_WAL)`,
  )
  let bytes = 0
  // The server sends 32 KB at a time. Compressing each of them on its own took a sixth more processor time.
  let [piece, filled] = [Buffer.allocUnsafe(pieceBytes), 0]
  const tar = new Readable({ highWaterMark: pieceBytes, read: () => command.connection?.stream.resume() })
  const command = new CopyCommand(baseBackupCommand(id, options.checkpoint, rate), (message) => {
    if (message[0] !== data) return
    bytes += message.length - 1
    for (let rest = message.subarray(1); rest.length > 0; ) {
      const taken = rest.copy(piece, filled)
      filled += taken
      rest = rest.subarray(taken)
      if (filled < pieceBytes) return
      if (!tar.push(piece)) command.connection?.stream.pause()
      ;[piece, filled] = [Buffer.allocUnsafe(pieceBytes), 0]
    }
  })
  client.query(command)
  command.done.then(
    () => {
      // The last message may have paused it, and nothing will be read from `tar` any more.
      command.connection?.stream.resume()
      tar.push(piece.subarray(0, filled))
      // The tar of the protocol has no end marker.
      tar.push(Buffer.alloc(1024))
      tar.push(null)
    },
    (error: Error) => tar.destroy(error),
  )
  const parts: BackupPart[] = []
  try {
    const store = (compressed: AsyncIterable<Buffer>) => storeParts(compressed, id, options, parts)
    // The signal applies also while the server is still at its checkpoint.
    await pipeline(tar, createZstdCompress(compression), store, { ...(signal && { signal }) })
  } catch (error) {
    command.connection?.stream.destroy()
    await options.store.remove(parts.map(({ key }) => key)).catch(() => undefined)
    throw error
  }
  const [starts, tablespaces, ends] = command.results
  if ((tablespaces?.length ?? 0) > 1) {
    await options.store.remove(parts.map(({ key }) => key))
    throw new BackupError('not_permitted', 'A database server with tablespaces can’t be copied: use pgBackRest.')
  }
  return { startLsn: starts?.[0]?.[0] ?? '', endLsn: ends?.[0]?.[0] ?? '', bytes, parts }
}

function baseBackupCommand(id: string, checkpoint: BaseBackupOptions['checkpoint'], rate: number | null): string {
  const options = [`LABEL 'holdfast ${id}'`, `CHECKPOINT '${checkpoint ?? 'fast'}'`, 'WAL true', `MANIFEST 'no'`]
  // MAX_RATE is in kilobytes.
  if (rate !== null) options.push(`MAX_RATE ${rate * 1024}`)
  return `BASE_BACKUP (${options.join(', ')})`
}

/** The first byte of a message with a part of the tar file. */
const data = 'd'.charCodeAt(0)

async function storeParts(
  compressed: AsyncIterable<Buffer>,
  id: string,
  { store, sealer, signal, partBytes = partBytesDefault }: BaseBackupOptions,
  parts: BackupPart[],
): Promise<void> {
  let chunks: Buffer[] = []
  let size = 0
  const storePart = async () => {
    signal?.throwIfAborted()
    const body = await sealer.seal(Buffer.concat(chunks))
    const part = { key: partKey(id, parts.length + 1), bytes: body.length, sha256: sha256(body) }
    parts.push(part)
    await store.put(part.key, body)
    chunks = []
    size = 0
  }
  for await (const chunk of compressed) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= partBytes) await storePart()
  }
  if (size > 0) await storePart()
}
