const placeholder = '{room}'

/** The longest address of a room, in characters. */
export const videoRoomCharactersMax = 500

/**
 * All that RFC 3986 lets stand in an address: no space, no line's end, no backslash that a browser reads as a slash.
 */
const addressPattern = /^https:\/\/[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/

/**
 * What is wrong with the address of a video room, in words that go on from "must"; null: nothing. It begins with
 * https://, holds no credentials, and `{room}` at most once, after its host.
 */
export function videoRoomProblem(address: string): string | null {
  if (address.length > videoRoomCharactersMax) return `have at most ${videoRoomCharactersMax} characters`
  const parts = address.split(placeholder)
  if (parts.length > 2) return `hold ${placeholder} only once`
  // Copied from a browser, it would be one room for everybody, and nobody would notice.
  if (/%7Broom%7D/i.test(address)) return `hold its placeholder as ${placeholder}, not percent-encoded`
  // As the name that will stand there: letters and digits.
  const filled = parts.join('room')
  if (!addressPattern.test(filled)) return 'begin with https:// and have no characters but those of an address'
  const [authority = ''] = address.slice('https://'.length).split(/[/?#]/)
  // Of three slashes a browser makes two.
  if (authority === '' || URL.parse(filled) === null) return 'be a whole https address'
  if (authority.includes('@')) return 'hold no user name or password'
  if (authority.includes(placeholder)) return `hold ${placeholder} only after its host`
  return null
}

/**
 * The address of one visit: the room's, with the visit's own name in it.
 *
 * @param address one that {@link videoRoomProblem} has nothing against
 * @param name letters and digits that nobody can guess
 */
export function visitAddress(address: string, name: string): string {
  return address.split(placeholder).join(name)
}
