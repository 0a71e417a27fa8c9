const placeholder = '{room}'

/** The longest address of a room, in characters. */
export const videoRoomCharactersMax = 500

/**
 * The characters that RFC 3986 allows in an address: no space, no line break, no backslash, which browsers read as a
 * slash.
 */
const addressPattern = /^https:\/\/[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/

/**
 * What is wrong with the address of a video room, as the end of a sentence that begins with "must"; null: nothing. A
 * valid address begins with https://, has no credentials, and contains `{room}` at most once, after its host.
 */
export function videoRoomProblem(address: string): string | null {
  if (address.length > videoRoomCharactersMax) return `have at most ${videoRoomCharactersMax} characters`
  const parts = address.split(placeholder)
  if (parts.length > 2) return `hold ${placeholder} only once`
  // A placeholder that a browser has encoded would be one room for all visits.
  if (/%7Broom%7D/i.test(address)) return `hold its placeholder as ${placeholder}, not percent-encoded`
  // Like the name that will replace the placeholder: letters and digits.
  const filled = parts.join('room')
  if (!addressPattern.test(filled)) return 'begin with https:// and have no characters but those of an address'
  const [authority = ''] = address.slice('https://'.length).split(/[/?#]/)
  // A browser reads three slashes as two.
  if (authority === '' || URL.parse(filled) === null) return 'be a whole https address'
  if (authority.includes('@')) return 'hold no user name or password'
  if (authority.includes(placeholder)) return `hold ${placeholder} only after its host`
  return null
}

/**
 * The address of one visit: `{room}` is replaced by the name of the visit.
 *
 * @param address valid by {@link videoRoomProblem}
 * @param name unguessable letters and digits
 */
export function visitAddress(address: string, name: string): string {
  return address.split(placeholder).join(name)
}
