import { createHash, type KeyObject } from 'node:crypto'
import type { ObjectStore } from '@holdfast/adapters/object-store'
import { type SyslogServer, sendSyslog } from '@holdfast/adapters/syslog'
import type { AuditHead } from '@holdfast/engine'

/** Signs what is stored outside of the database about the security log. No role of the database has the key. */
export type AnchorKey = { publicKey: KeyObject; sign(text: string): SignedAnchor }

/** `text`: an {@link Anchor} as JSON. `key`: which key it was signed with. `signature`: Ed25519, base64. */
export type SignedAnchor = { text: string; key: string; signature: string }

/** Stores signed ends of chains outside of the database. @throws if it cannot */
export type AnchorPlace = (heads: readonly AuditHead[], at: Date) => Promise<void>

/** The ends of chains of one database at one moment. `at`: ISO 8601. */
export type Anchor = { format: typeof anchorFormat; at: string; heads: readonly AuditHead[] }

export const anchorFormat = 'holdfast audit anchor 1'

/** So many make a message of about 1,500 bytes: receivers of syslog take at least 2,048 (RFC 5424, 6.1). */
const headsPerMessage = 8

/** Objects with names of their own: an anchor never replaces another one. */
export function inObjectStore(store: ObjectStore, key: AnchorKey): AnchorPlace {
  return unlessLast(async (heads, at) => {
    const signed = signedAnchor(heads, at, key)
    await store.put(placeOf(at, signed), Buffer.from(`${JSON.stringify(signed)}\n`))
  })
}

/** Messages with the same objects as text. */
export function bySyslog(server: SyslogServer, key: AnchorKey, ca?: string): AnchorPlace {
  return unlessLast(async (heads, at) => {
    const messages: { id: string; text: string }[] = []
    for (let from = 0; from < heads.length; from += headsPerMessage) {
      const signed = signedAnchor(heads.slice(from, from + headsPerMessage), at, key)
      messages.push({ id: 'audit-anchor', text: JSON.stringify(signed) })
    }
    await sendSyslog(server, messages, ca === undefined ? {} : { ca })
  })
}

/** While another place cannot be written, the same heads are not stored here each minute. */
function unlessLast(place: AnchorPlace): AnchorPlace {
  let last = ''
  return async (heads, at) => {
    const these = JSON.stringify(heads)
    if (these === last) return
    await place(heads, at)
    last = these
  }
}

function signedAnchor(heads: readonly AuditHead[], at: Date, key: AnchorKey): SignedAnchor {
  const anchor: Anchor = { format: anchorFormat, at: at.toISOString(), heads }
  return key.sign(JSON.stringify(anchor))
}

/** By day and time, and different for each content. */
function placeOf(at: Date, { text }: SignedAnchor): string {
  const time = at.toISOString()
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 12)
  return `${time.slice(0, 10)}/${time.slice(11, 19).replaceAll(':', '')}-${digest}.json`
}
