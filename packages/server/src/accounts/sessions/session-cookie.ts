import { createHmac, timingSafeEqual } from 'node:crypto'
import { parseCookie, stringifySetCookie } from 'cookie'
import { accountsSecrets } from '../../secrets/purpose-keys.ts'

export type SessionCookies = {
  /** The session token in a `Cookie` header; null if there is none with a valid signature. */
  read(cookieHeader: string | undefined): string | null
  /** The session token of a Bearer credential, as sign-in returns it; null if it has no valid signature. */
  readBearer(credential: string): string | null
  /** The signed form of a token, as sign-in returns it. */
  signed(token: string): string
  /** The `Set-Cookie` header of a signed token; `maxAgeSeconds` null: until the browser is closed. */
  setCookie(signed: string, maxAgeSeconds: number | null): string
}

/** A session token as created by better-auth, and its signature. */
const signedToken = /^([A-Za-z0-9]{16,128})\.([A-Za-z0-9+/_-]{43}=?)$/

/** With https, the browser accepts the cookie only from this host, with Secure and for all paths. */
export function sessionCookieName(isSecure: boolean): string {
  return `${isSecure ? '__Host-' : ''}better-auth.session_token`
}

/**
 * Reads and writes the session tokens that better-auth signs (`token.HMAC-SHA256`, base64, percent-encoded in the
 * cookie) without calling better-auth, whose session look-up takes 2 ms. Every configured secret verifies.
 */
export function createSessionCookies(secrets: readonly string[], isSecure: boolean): SessionCookies {
  const cookieName = sessionCookieName(isSecure)
  const keys = accountsSecrets(secrets).map((secret) => secret.value)

  function verified(text: string): string | null {
    const [, token, signature] = signedToken.exec(text) ?? []
    if (token === undefined || signature === undefined) return null
    const actual = Buffer.from(signature, 'base64')
    const isValid = keys.some((key) => {
      const expected = createHmac('sha256', key).update(token).digest()
      return actual.length === expected.length && timingSafeEqual(actual, expected)
    })
    return isValid ? token : null
  }

  return {
    signed(token) {
      const [key] = keys
      if (key === undefined) throw new Error('There is no secret.')
      return `${token}.${createHmac('sha256', key).update(token).digest('base64')}`
    },
    setCookie: (signed, maxAgeSeconds) =>
      stringifySetCookie({
        name: cookieName,
        value: signed,
        httpOnly: true,
        secure: isSecure,
        sameSite: 'lax',
        path: '/',
        ...(maxAgeSeconds === null ? {} : { maxAge: maxAgeSeconds }),
      }),
    read(cookieHeader) {
      const value = parseCookie(cookieHeader ?? '', { decode: asSent })[cookieName]
      return value === undefined ? null : verified(percentDecoded(value) ?? '')
    },
    readBearer(credential) {
      return verified(percentDecoded(credential) ?? '')
    },
  }
}

/** Only one cookie is read: decoding thousands of invalid ones took 10 ms a request. */
function asSent(text: string): string {
  return text
}

function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
}
