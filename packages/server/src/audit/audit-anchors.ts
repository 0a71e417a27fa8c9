import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { type ObjectStore, openObjectStore } from '@holdfast/adapters/object-store'
import { type AnchoredHead, noteAnchored, unanchoredHeads } from '@holdfast/engine'
import pLimit from 'p-limit'
import type pg from 'pg'
import type { Config } from '../config/config.ts'
import { StartError } from '../lifecycle/start-error.ts'
import { purposeKey } from '../secrets/purpose-keys.ts'
import {
  type Anchor,
  type AnchorKey,
  type AnchorPlace,
  anchorFormat,
  bySyslog,
  inObjectStore,
  type SignedAnchor,
} from './anchor-places.ts'

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
export function requireOwnSecret({ auditAnchors, auditSyslog, databaseUrl, secretFile, secrets }: Config): void {
  if ((auditAnchors ?? auditSyslog) === null || databaseUrl === null || secretFile !== null || secrets !== null) return
  throw new StartError(
    'The secret is in the database, whose owner could sign a changed security log: with HOLDFAST_AUDIT_ANCHORS ' +
      'or HOLDFAST_AUDIT_SYSLOG, set HOLDFAST_SECRET or HOLDFAST_SECRET_FILE.',
  )
}

/** Where the ends are stored: nowhere, if neither setting is set. @throws ObjectStoreError `invalid` */
export function openAuditAnchors(
  { auditAnchors, auditSyslog, s3Url }: Pick<Config, 'auditAnchors' | 'auditSyslog' | 's3Url'>,
  [secret]: readonly string[],
): AnchorPlace[] {
  if (secret === undefined) return []
  const key = anchorKey(secret)
  return [
    ...(auditAnchors === null ? [] : [inObjectStore(openObjectStore(auditAnchors, s3Url), key)]),
    ...(auditSyslog === null ? [] : [bySyslog(auditSyslog, key)]),
  ]
}

/**
 * Signs the ends of the chains that have grown, and stores them outside of the database. If a place fails, the others
 * have them, and all get them again with the next ones. If the note of that is lost, they are stored once more.
 *
 * @returns how many ends
 * @throws what the first place failed with that could not be written
 */
export async function anchorAuditEvents(
  pool: pg.Pool,
  places: readonly AnchorPlace[],
  now = new Date(),
): Promise<number> {
  if (places.length === 0) return 0
  const heads = await unanchoredHeads(pool, headsMax)
  if (heads.length === 0) return 0
  const stored = await Promise.allSettled(places.map((place) => place(heads, now)))
  const failed = stored.find((one) => one.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  await noteAnchored(pool, heads)
  return heads.length
}

/** Whatever else is there, such as `lost+found`, is nobody's anchor. */
const isAnchor = (place: string) => /^\d{4}-\d\d-\d\d\/\d{6}-[0-9a-f]{12}\.json$/.test(place)

/** `isOfOtherKey`: it may be valid, and was signed with a key that is not among those to check it with. */
type Refusal = { reason: string; isOfOtherKey: boolean }

export type ReadAnchors = {
  anchored: AnchoredHead[]
  anchors: number
  /** Objects that are no anchors, or whose signature is not of one of the keys, with the reason. */
  refused: (Refusal & { place: string })[]
}

/** Of what is older, the last head of each hour is enough: an earlier one is bound to it by the hashes between. */
const eachMinuteMs = 2 * 86_400_000

/**
 * Reads the anchors since a day, and checks their signatures.
 *
 * @throws ObjectStoreError the place cannot be read
 */
export async function readAnchors(store: ObjectStore, keys: readonly KeyObject[], since: Date): Promise<ReadAnchors> {
  const firstDay = since.toISOString().slice(0, 10)
  const places = (await store.list('')).map(({ key }) => key).filter((place) => place >= firstDay && isAnchor(place))
  const reading = startReading(keys)
  const limit = pLimit(readAtOnce)
  await limit.map(places, async (place) => reading.add(place, (await store.get(place))?.toString() ?? null))
  return reading.end()
}

/**
 * The same of the lines that a receiver of syslog has written. Other lines are left out; those of anchors end with
 * the text of the message, whatever the receiver writes before it.
 */
export async function readAnchorLines(
  lines: AsyncIterable<string>,
  keys: readonly KeyObject[],
  since: Date,
): Promise<ReadAnchors> {
  const reading = startReading(keys, since)
  let number = 0
  for await (const line of lines) {
    number += 1
    const from = line.indexOf('{"text":')
    if (from >= 0) reading.add(`line ${number}`, line.slice(from))
  }
  return reading.end()
}

function startReading(keys: readonly KeyObject[], since = new Date(0)) {
  const publicKeys = new Map(keys.map((key) => [keyName(key), key]))
  const read: ReadAnchors = { anchored: [], anchors: 0, refused: [] }
  const kept = new Map<string, AnchoredHead>()
  return {
    add(place: string, body: string | null): void {
      const anchor = body === null ? refusal('it is gone') : parseAnchor(body, publicKeys)
      if ('reason' in anchor) {
        read.refused.push({ place, ...anchor })
        return
      }
      const at = new Date(anchor.at)
      if (at < since) return
      read.anchors += 1
      for (const head of anchor.heads) keep(kept, { ...head, at })
    },
    end: (): ReadAnchors => ({ ...read, anchored: [...kept.values()] }),
  }
}

function keep(kept: Map<string, AnchoredHead>, head: AnchoredHead): void {
  const { clinicNo, epoch, no, hash, at } = head
  const isOld = at.getTime() < Date.now() - eachMinuteMs
  const key = `${clinicNo}/${epoch}/${isOld ? at.toISOString().slice(0, 13) : `${no}/${hash}`}`
  const known = kept.get(key)
  if (known === undefined || BigInt(known.no) < BigInt(no)) kept.set(key, head)
}

const refusal = (reason: string, isOfOtherKey = false): Refusal => ({ reason, isOfOtherKey })

/** @returns why it is refused if it is no anchor, or its signature is wrong */
function parseAnchor(body: string, keys: ReadonlyMap<string, KeyObject>): Anchor | Refusal {
  try {
    const { text, key, signature } = JSON.parse(body) as Partial<SignedAnchor>
    if (typeof text !== 'string' || typeof key !== 'string' || typeof signature !== 'string') {
      return refusal('it is no anchor')
    }
    const publicKey = keys.get(key)
    if (publicKey === undefined) {
      return refusal(`it was signed with the key ${key.slice(0, 16)}, which is not known here`, true)
    }
    if (!verify(null, Buffer.from(text), publicKey, Buffer.from(signature, 'base64'))) {
      return refusal('its signature is wrong')
    }
    const anchor = JSON.parse(text) as Anchor
    return anchor.format === anchorFormat ? anchor : refusal('it has another format')
  } catch {
    return refusal('it is not JSON')
  }
}
