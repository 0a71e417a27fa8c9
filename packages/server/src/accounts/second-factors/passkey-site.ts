import { isIP } from 'node:net'

/** Where passkeys work: browsers bind them to a host name, and the server to one address. */
export type PasskeySite = { origin: string; rpId: string }

/**
 * The site that passkeys are created for and used at. null: none, because browsers offer passkeys only at host names,
 * with https or on localhost.
 *
 * @param site its address (siteAddress)
 */
export function passkeySite(site: string): PasskeySite | null {
  const url = URL.parse(site)
  if (url === null || isIP(url.hostname.replaceAll(/[[\]]/g, '')) > 0) return null
  if (url.protocol !== 'https:' && url.hostname !== 'localhost') return null
  return { origin: url.origin, rpId: url.hostname }
}
