import type { FastifyRequest } from 'fastify'
import { isIntended, type KnownOrigins, originForbidden, originOf } from '../../edge/authentication/csrf.ts'
import { problem } from '../../edge/errors/problem-error.ts'

/** Hosts on which browsers accept Secure cookies over http. */
const localHosts = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Finds out at the sign-in whether the cookie that it sets could be used: behind https without HOLDFAST_URL it would
 * not be Secure, and every write with it would be refused for its origin. The operator reads it in the log, once.
 */
export function createPublicAddressCheck(known: KnownOrigins) {
  let isLogged = false

  function warn({ log }: FastifyRequest, found: object): void {
    if (isLogged) return
    isLogged = true
    log.warn(
      { ...found, publicUrl: known.publicUrl },
      'sign-ins come from another address than HOLDFAST_URL: set it to the public address of this server',
    )
  }

  /** @throws ProblemError public_url_mismatch; not for programs, which send no Origin and use no cookie */
  return (request: FastifyRequest): void => {
    const { origin, 'x-forwarded-proto': forwarded } = request.headers
    if (origin === undefined) {
      const protocol = String(forwarded ?? '')
        .split(',')[0]
        ?.trim()
      if (protocol === 'https' && !isHttps(known.publicUrl)) warn(request, { forwardedProto: 'https' })
      return
    }
    if (known.corsOrigins.includes(origin)) return
    const page = originOf(origin)
    const isKnown = isIntended(request, known)
    if (isKnown && page !== null && keepsCookie(page, known.publicUrl)) return
    warn(request, { origin: page })
    if (!isKnown || page === null) throw originForbidden(request, known)
    throw problem(
      'public_url_mismatch',
      `The page is at ${page}, but this server takes ${known.publicUrl} for its public address, so browsers would ` +
        `not stay signed in. Set HOLDFAST_URL=${page} and start the server again.`,
    )
  }
}

/** Over https the cookie has to be Secure; over http browsers store no Secure cookie, except on this machine. */
function keepsCookie(page: string, publicUrl: string): boolean {
  if (isHttps(page)) return isHttps(publicUrl)
  return !isHttps(publicUrl) || localHosts.has(new URL(page).hostname)
}

function isHttps(url: string): boolean {
  return url.startsWith('https://')
}
