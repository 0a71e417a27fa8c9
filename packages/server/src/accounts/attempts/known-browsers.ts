import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { parseCookie, stringifySetCookie } from 'cookie'
import { purposeKey } from '../../secrets/purpose-keys.ts'
import type { MarkedAccount } from '../marked-account.ts'

export type KnownBrowsers = {
  /**
   * The proof that this server issued the cookie, which changes with the browser's marks. null: the browser is known
   * for no account, so that none needs to be read.
   */
  proofIn(cookieHeader: string | undefined): string | null
  /**
   * A random id of the browser if somebody has signed in there with this account since its password was changed, or
   * all its sessions were ended, else null.
   */
  idOf(cookieHeader: string | undefined, account: MarkedAccount): string | null
  /** The `Set-Cookie` header that makes the browser known for this account too. */
  setCookie(cookieHeader: string | undefined, account: MarkedAccount): string
}

type Cookie = { id: string; marks: Buffer[]; proof: string }

const accountsMax = 5
const idBytes = 16
const hashBytes = 16
const maxAgeSeconds = 400 * 24 * 3600
/** The id, the marks and the proof. */
const value = /^([\w-]{22})((?:\.[\w-]{22}){1,5})\.([\w-]{22})$/

/** The mark after a password says nothing about the second factor, so that has another cookie under another key. */
const cookieNames = { 'known-browser': 'holdfast.browser', 'second-factor-browser': 'holdfast.factor' } as const

/**
 * Remembers in a cookie which accounts were used in a browser, so that failed sign-ins from elsewhere do not delay
 * their owner there ("device cookies", OWASP). The cookie contains a random id and, for each account, a keyed hash of
 * both ids and the account's mark, which changes with its password and when all its sessions are ended: whoever had the
 * account before is a stranger then. It reveals no account, and it signs nobody in. A keyed hash of all this proves
 * that this server issued it, without a query. A cookie without one, as was issued before, makes no browser known.
 */
export function createKnownBrowsers(
  secrets: readonly string[],
  isSecure: boolean,
  purpose: keyof typeof cookieNames = 'known-browser',
): KnownBrowsers {
  const name = `${isSecure ? '__Host-' : ''}${cookieNames[purpose]}`
  const keys = secrets.map((secret) => purposeKey(secret, purpose))

  const hashesOf = (text: string) =>
    keys.map((key) => createHmac('sha256', key).update(text).digest().subarray(0, hashBytes))
  const marksOf = (id: string, account: MarkedAccount) => hashesOf(`${id} ${account.id} ${account.mark ?? ''}`)
  /** A mark is no proof: its text has a space after the id. */
  const proofsOf = (id: string, marks: string) => hashesOf(`${id}${marks}`)

  function read(cookieHeader: string | undefined): Cookie | null {
    const [, id, marks, proof] = value.exec(parseCookie(cookieHeader ?? '')[name] ?? '') ?? []
    if (id === undefined || marks === undefined || proof === undefined) return null
    const sent = Buffer.from(proof, 'base64url')
    if (!proofsOf(id, marks).some((one) => timingSafeEqual(sent, one))) return null
    const [, ...each] = marks.split('.')
    return { id, marks: each.map((mark) => Buffer.from(mark, 'base64url')), proof: sent.toString('base64url') }
  }

  function isMarked({ id, marks }: Cookie, account: MarkedAccount): boolean {
    const expected = marksOf(id, account)
    return marks.some((mark) => expected.some((one) => timingSafeEqual(mark, one)))
  }

  return {
    proofIn: (cookieHeader) => read(cookieHeader)?.proof ?? null,
    idOf(cookieHeader, account) {
      const cookie = read(cookieHeader)
      return cookie !== null && isMarked(cookie, account) ? cookie.id : null
    },
    setCookie(cookieHeader, account) {
      const { id, marks: earlier } = read(cookieHeader) ?? { id: randomBytes(idBytes).toString('base64url'), marks: [] }
      const own = marksOf(id, account)
      const others = earlier.filter((one) => !own.some((mark) => mark.equals(one)))
      const latest = [...own.slice(0, 1), ...others].slice(0, accountsMax)
      const marks = latest.map((mark) => `.${mark.toString('base64url')}`).join('')
      const [proof] = proofsOf(id, marks)
      if (proof === undefined) throw new Error('There is no secret.')
      return stringifySetCookie({
        name,
        value: `${id}${marks}.${proof.toString('base64url')}`,
        httpOnly: true,
        secure: isSecure,
        sameSite: 'lax',
        path: '/',
        maxAge: maxAgeSeconds,
      })
    },
  }
}
