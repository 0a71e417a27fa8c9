import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { parseCookie, stringifySetCookie } from 'cookie'
import { purposeKey } from '../../secrets/purpose-keys.ts'
import type { MarkedAccount } from '../marked-account.ts'

export type KnownBrowsers = {
  /** Whether the browser may be known for any account: if not, none needs to be read. */
  hasMarks(cookieHeader: string | undefined): boolean
  /**
   * A random id of the browser if somebody has signed in there with this account since its password was changed, or
   * all its sessions were ended, else null.
   */
  idOf(cookieHeader: string | undefined, account: MarkedAccount): string | null
  /** The `Set-Cookie` header that makes the browser known for this account too. */
  setCookie(cookieHeader: string | undefined, account: MarkedAccount): string
}

const accountsMax = 5
const idBytes = 16
const markBytes = 16
const maxAgeSeconds = 400 * 24 * 3600
const value = /^([\w-]{22})\.([\w-]{22}(?:\.[\w-]{22})*)$/

/** The mark after a password says nothing about the second factor, so that has another cookie under another key. */
const cookieNames = { 'known-browser': 'holdfast.browser', 'second-factor-browser': 'holdfast.factor' } as const

/**
 * Remembers in a cookie which accounts were used in a browser, so that failed sign-ins from elsewhere do not delay
 * their owner there ("device cookies", OWASP). The cookie contains a random id and, for each account, a keyed hash of
 * both ids and the account's mark, which changes with its password and when all its sessions are ended: whoever had the
 * account before is a stranger then. It reveals no account, and it signs nobody in.
 */
export function createKnownBrowsers(
  secrets: readonly string[],
  isSecure: boolean,
  purpose: keyof typeof cookieNames = 'known-browser',
): KnownBrowsers {
  const name = `${isSecure ? '__Host-' : ''}${cookieNames[purpose]}`
  const keys = secrets.map((secret) => purposeKey(secret, purpose))

  const marksOf = (id: string, account: MarkedAccount) =>
    keys.map((key) =>
      createHmac('sha256', key)
        .update(`${id} ${account.id} ${account.mark ?? ''}`)
        .digest()
        .subarray(0, markBytes),
    )

  function read(cookieHeader: string | undefined): { id: string; marks: Buffer[] } | null {
    const [, id, marks] = value.exec(parseCookie(cookieHeader ?? '')[name] ?? '') ?? []
    if (id === undefined || marks === undefined) return null
    const decoded = marks.split('.').slice(0, accountsMax)
    return { id, marks: decoded.map((mark) => Buffer.from(mark, 'base64url')) }
  }

  function isMarked({ id, marks }: { id: string; marks: Buffer[] }, account: MarkedAccount): boolean {
    const expected = marksOf(id, account)
    return marks.some((mark) => expected.some((one) => timingSafeEqual(mark, one)))
  }

  return {
    hasMarks: (cookieHeader) => read(cookieHeader) !== null,
    idOf(cookieHeader, account) {
      const cookie = read(cookieHeader)
      return cookie !== null && isMarked(cookie, account) ? cookie.id : null
    },
    setCookie(cookieHeader, account) {
      const cookie = read(cookieHeader) ?? { id: randomBytes(idBytes).toString('base64url'), marks: [] }
      const [mark] = marksOf(cookie.id, account)
      if (mark === undefined) throw new Error('There is no secret.')
      const others = cookie.marks.filter((one) => !marksOf(cookie.id, account).some((own) => own.equals(one)))
      const marks = [mark, ...others].slice(0, accountsMax).map((one) => one.toString('base64url'))
      return stringifySetCookie({
        name,
        value: [cookie.id, ...marks].join('.'),
        httpOnly: true,
        secure: isSecure,
        sameSite: 'lax',
        path: '/',
        maxAge: maxAgeSeconds,
      })
    },
  }
}
