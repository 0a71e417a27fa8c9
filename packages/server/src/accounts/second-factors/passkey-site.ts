import { isIP } from 'node:net'

/** Where passkeys work: browsers bind them to a host name, and the server to one address. */
export type PasskeySite = { origin: string; rpId: string }

/**
 * The site that passkeys are created for and used at. null: none, because browsers offer passkeys only at host names,
 * with https or on localhost.
 *
 * @param publicUrl HOLDFAST_URL; null: the address on localhost that the request was sent to
 * @param host of the request, with its port
 */
export function passkeySite(publicUrl: string | null, host: string): PasskeySite | null {
  const url = URL.parse(publicUrl ?? `http://localhost:${URL.parse(`http://${host}`)?.port ?? ''}`)
  if (url === null || isIP(url.hostname.replaceAll(/[[\]]/g, '')) > 0) return null
  if (url.protocol !== 'https:' && url.hostname !== 'localhost') return null
  return { origin: url.origin, rpId: url.hostname }
}
