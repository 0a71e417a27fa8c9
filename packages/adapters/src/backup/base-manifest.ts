import { createHash } from 'node:crypto'
import type { ObjectStore } from '../object-store/object-store.ts'
import type { Authenticator } from './authenticator.ts'
import { BackupError } from './backup-error.ts'
import { backupFolders } from './backup-folders.ts'

/** Grows when an older release could not restore what this one writes. */
export const formatVersion = 2

export type BackupPart = { key: string; bytes: number; sha256: string }

/** Describes one physical copy of a database server. It is stored last, so a copy without one is incomplete. */
export type BaseManifest = {
  format: number
  /** `20270301T101500Z-1a2b3c4d` */
  id: string
  /** The release of Holdfast that wrote it. */
  release: string
  /** PostgreSQL's system identifier: the same in all physical copies of a server, and in no other. */
  installation: string
  /** Whether it is the server that is installed with Holdfast. */
  embedded: boolean
  postgres: { version: string; majorVersion: number }
  /** The role that owns the tables, and their database. Copies of earlier releases lack it. */
  owner?: { role: string; database: string }
  timeline: number
  walSegmentBytes: number
  /** Where the WAL that has to be replayed begins and ends, `0/2000028`. */
  startLsn: string
  endLsn: string
  /** The archive that has the WAL from then on; null: the copy can only be restored as it was at its end. */
  archive: string | null
  startedAt: string
  /** The first moment to which it can be restored, by the database's clock. */
  endedAt: string
  /** The public key for which everything is encrypted. */
  recipient: string
  /** The size of the uncompressed copy. */
  bytes: number
  /** Together, in this order, they are a tar file, compressed by zstd. */
  parts: BackupPart[]
}

function manifestKey(id: string): string {
  return `${backupFolders.base}${id}/manifest.json`
}

export function partKey(id: string, number: number): string {
  return `${backupFolders.base}${id}/part-${String(number).padStart(6, '0')}.age`
}

/** @param authenticator signs it, and with it the checksums of the parts */
export async function writeManifest(
  store: ObjectStore,
  manifest: BaseManifest,
  authenticator: Authenticator | null,
): Promise<void> {
  const mac = authenticator?.sign(signedText(manifest)) ?? null
  const text = JSON.stringify({ sha256: digestOf(manifest), mac, manifest }, null, 2)
  await store.put(manifestKey(manifest.id), Buffer.from(`${text}\n`))
}

function signedText(manifest: BaseManifest): string {
  return `manifest ${JSON.stringify(manifest)}`
}

/** Why a manifest can't be trusted; null: it can, or (without an authenticator) nobody could have signed it. */
export function forgeryOf(
  { manifest, mac }: { manifest: BaseManifest; mac: string | null },
  authenticator: Authenticator | null,
): BackupError | null {
  if (authenticator === null || authenticator.isSigned(signedText(manifest), mac)) return null
  return new BackupError(
    'forged',
    `The manifest of the backup ${manifest.id} was not written with this passphrase: somebody else can write to the ` +
      'place of the backups, and has changed it. Use an older backup, or a copy that they could not reach.',
  )
}

/** What is stored of one copy: its manifest, or why it has none that this release can use. */
export type StoredBase = { id: string; keys: string[]; bytes: number } & (
  | { kind: 'complete'; manifest: BaseManifest; mac: string | null }
  | { kind: 'unusable'; error: BackupError }
)

/** All copies, oldest first. Checks the manifests, and that each part exists with its size. */
export async function listBases(store: ObjectStore): Promise<StoredBase[]> {
  const byId = Map.groupBy(await store.list(backupFolders.base), ({ key }) => key.split('/')[1] ?? '')
  const bases: StoredBase[] = []
  for (const [id, objects] of byId) {
    const stored = new Map(objects.map(({ key, bytes }) => [key, bytes]))
    const keys = [...stored.keys()]
    const bytes = objects.reduce((sum, object) => sum + object.bytes, 0)
    const found = await readManifest(store, id, stored)
    bases.push({ id, keys, bytes, ...found })
  }
  return bases.sort((a, b) => (startOf(a) < startOf(b) ? -1 : 1))
}

/** Sorts as its time does, to the millisecond if a manifest has it; an id has seconds. */
function startOf(base: StoredBase): string {
  if (base.kind === 'unusable') return base.id
  return `${base.manifest.startedAt.replaceAll(/[-:]/g, '')} ${base.id}`
}

type Found = { kind: 'complete'; manifest: BaseManifest; mac: string | null } | { kind: 'unusable'; error: BackupError }

async function readManifest(store: ObjectStore, id: string, stored: Map<string, number>): Promise<Found> {
  const unusable = (kind: 'damaged' | 'incomplete' | 'newer_release', reason: string): Found => ({
    kind: 'unusable',
    error: new BackupError(kind, `The backup ${id} in ${store.name} ${reason}`),
  })
  const text = await store.get(manifestKey(id))
  if (text === null) return unusable('incomplete', 'is incomplete: it has no manifest.')
  const parsed = parse(text)
  const format = parsed?.manifest?.format
  if (typeof format !== 'number') return unusable('damaged', 'is damaged: its manifest can’t be read.')
  if (format > formatVersion) {
    return unusable('newer_release', `was made by Holdfast ${parsed?.manifest?.release}: restore it with that release.`)
  }
  if (parsed?.sha256 !== digestOf(parsed?.manifest)) {
    return unusable('damaged', 'is damaged: its manifest does not have the checksum that it names.')
  }
  const manifest = parsed?.manifest as BaseManifest
  for (const part of manifest.parts) {
    const bytes = stored.get(part.key)
    if (bytes === undefined) return unusable('incomplete', `is incomplete: ${part.key} is missing.`)
    if (bytes !== part.bytes) {
      return unusable('damaged', `is damaged: ${part.key} has ${bytes} bytes, and should have ${part.bytes}.`)
    }
  }
  return { kind: 'complete', manifest, mac: typeof parsed?.mac === 'string' ? parsed.mac : null }
}

function parse(text: Buffer): { sha256?: unknown; mac?: unknown; manifest?: Partial<BaseManifest> } | null {
  try {
    const parsed: unknown = JSON.parse(text.toString())
    return typeof parsed === 'object' ? parsed : null
  } catch {
    return null
  }
}

function digestOf(manifest: unknown): string {
  return sha256(Buffer.from(JSON.stringify(manifest)))
}

export function sha256(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex')
}
