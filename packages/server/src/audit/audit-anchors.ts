import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { type ObjectStore, openObjectStore } from '@holdfast/adapters/object-store'
import { type AnchoredHead, type AuditHead, noteAnchored, unanchoredHeads } from '@holdfast/engine'
import pLimit from 'p-limit'
import type pg from 'pg'
import type { Config } from '../config/config.ts'
import { StartError } from '../lifecycle/start-error.ts'
import { purposeKey } from '../secrets/purpose-keys.ts'

/** Signs what is stored outside of the database about the security log. No role of the database has the key. */
export type AnchorKey = { publicKey: KeyObject; sign(text: string): SignedAnchor }

/** `text`: an {@link Anchor} as JSON. `key`: which key it was signed with. `signature`: Ed25519, base64. */
export type SignedAnchor = { text: string; key: string; signature: string }

/** The ends of chains of one database at one moment. `at`: ISO 8601. */
type Anchor = { format: 'holdfast audit anchor 1'; at: string; heads: AuditHead[] }

export type AuditAnchors = { store: ObjectStore; key: AnchorKey }

const format = 'holdfast audit anchor 1'
const headsMax = 5_000
const readAtOnce = 8
/** The fixed beginning of an Ed25519 key in PKCS #8 (RFC 8410), before its 32 bytes. */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')

/** The key that belongs to a secret of the server: the same in every process. */
export function anchorKey(secret: string): AnchorKey {
  const privateKey = createPrivateKey({
    key: Buffer.concat([pkcs8Prefix, purposeKey(secret, 'audit-anchor')]),
    format: 'der',
    type: 'pkcs8',
  })
  const publicKey = createPublicKey(privateKey)
  const name = keyName(publicKey)
  return {
    publicKey,
    sign: (text) => ({ text, key: name, signature: sign(null, Buffer.from(text), privateKey).toString('base64') }),
  }
}

/** The first 16 hexadecimal digits of the SHA-256 of a public key. */
export function keyName(publicKey: KeyObject): string {
  const der = publicKey.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(der).digest('hex').slice(0, 16)
}

/** @throws StartError if the ends of the security log are to be signed with a key that the database has */
export function requireOwnSecret({ auditAnchors, databaseUrl, secretFile, secrets }: Config): void {
  if (auditAnchors === null || databaseUrl === null || secretFile !== null || secrets !== null) return
  throw new StartError(
    'The secret is in the database, whose owner could sign a changed security log: with HOLDFAST_AUDIT_ANCHORS, set ' +
      'HOLDFAST_SECRET or HOLDFAST_SECRET_FILE.',
  )
}

/** null: HOLDFAST_AUDIT_ANCHORS is not set. @throws ObjectStoreError `invalid` */
export function openAuditAnchors(
  { auditAnchors, s3Url }: Pick<Config, 'auditAnchors' | 's3Url'>,
  [secret]: readonly string[],
): AuditAnchors | null {
  if (auditAnchors === null || secret === undefined) return null
  return { store: openObjectStore(auditAnchors, s3Url), key: anchorKey(secret) }
}

/**
 * Signs the ends of the chains that have grown, and stores them outside of the database. If the note of that is lost,
 * they are stored once more.
 *
 * @returns how many ends
 * @throws ObjectStoreError the place cannot be written
 */
export async function anchorAuditEvents(
  pool: pg.Pool,
  { store, key }: AuditAnchors,
  now = new Date(),
): Promise<number> {
  const heads = await unanchoredHeads(pool, headsMax)
  if (heads.length === 0) return 0
  const anchor: Anchor = { format, at: now.toISOString(), heads }
  const signed = key.sign(JSON.stringify(anchor))
  await store.put(placeOf(anchor, signed), Buffer.from(`${JSON.stringify(signed)}\n`))
  await noteAnchored(pool, heads)
  return heads.length
}

/** By day and time, and different for each content: an anchor never replaces another one. */
function placeOf({ at }: Anchor, { text }: SignedAnchor): string {
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 12)
  return `${at.slice(0, 10)}/${at.slice(11, 19).replaceAll(':', '')}-${digest}.json`
}

/** Whatever else is there, such as `lost+found`, is nobody's anchor. */
const isAnchor = (place: string) => /^\d{4}-\d\d-\d\d\/\d{6}-[0-9a-f]{12}\.json$/.test(place)

export type ReadAnchors = {
  anchored: AnchoredHead[]
  anchors: number
  /** Objects that are no anchors, or whose signature is not of one of the keys, with the reason. */
  refused: { place: string; reason: string }[]
}

/** Of what is older, the last head of each hour is enough: an earlier one is bound to it by the hashes between. */
const eachMinuteMs = 2 * 86_400_000

/**
 * Reads the anchors since a day, and checks their signatures.
 *
 * @throws ObjectStoreError the place cannot be read
 */
export async function readAnchors(store: ObjectStore, keys: readonly KeyObject[], since: Date): Promise<ReadAnchors> {
  const publicKeys = new Map(keys.map((key) => [keyName(key), key]))
  const firstDay = since.toISOString().slice(0, 10)
  const places = (await store.list('')).map(({ key }) => key).filter((place) => place >= firstDay && isAnchor(place))
  const read: ReadAnchors = { anchored: [], anchors: 0, refused: [] }
  const kept = new Map<string, AnchoredHead>()
  const limit = pLimit(readAtOnce)
  await limit.map(places, async (place) => {
    const body = await store.get(place)
    const anchor = body === null ? 'it is gone' : parseAnchor(body.toString(), publicKeys)
    if (typeof anchor === 'string') {
      read.refused.push({ place, reason: anchor })
      return
    }
    read.anchors += 1
    for (const head of anchor.heads) keep(kept, { ...head, at: new Date(anchor.at) })
  })
  return { ...read, anchored: [...kept.values()] }
}

function keep(kept: Map<string, AnchoredHead>, head: AnchoredHead): void {
  const { clinicNo, epoch, no, hash, at } = head
  const isOld = at.getTime() < Date.now() - eachMinuteMs
  const key = `${clinicNo}/${epoch}/${isOld ? at.toISOString().slice(0, 13) : `${no}/${hash}`}`
  const known = kept.get(key)
  if (known === undefined || BigInt(known.no) < BigInt(no)) kept.set(key, head)
}

/** @returns the reason if it is none, or its signature is wrong */
function parseAnchor(body: string, keys: ReadonlyMap<string, KeyObject>): Anchor | string {
  try {
    const { text, key, signature } = JSON.parse(body) as Partial<SignedAnchor>
    if (typeof text !== 'string' || typeof key !== 'string' || typeof signature !== 'string') return 'it is no anchor'
    const publicKey = keys.get(key)
    if (publicKey === undefined) return `it was signed with the key ${key.slice(0, 16)}, which is not known here`
    if (!verify(null, Buffer.from(text), publicKey, Buffer.from(signature, 'base64'))) return 'its signature is wrong'
    const anchor = JSON.parse(text) as Anchor
    return anchor.format === format ? anchor : 'it has another format'
  } catch {
    return 'it is not JSON'
  }
}
