import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { isPublicAddress, urlProblem } from './public-addresses.ts'
import { type HostAddress, resolveHost } from './resolve-host.ts'

export type EgressRequest = {
  method: 'GET' | 'POST'
  url: string
  headers: Record<string, string>
  body?: string
  /** The limit for the whole request, with the look-up of the name and the body of the response. */
  timeoutMs: number
  /** A longer body makes the request fail. 0: the body is not read. */
  bodyBytesMax: number
}

/** `refused`: the rules do not allow the request. `failed`: there was no response, or no whole one. */
export type EgressOutcome =
  | { kind: 'response'; status: number; headers: Record<string, string | undefined>; body: string }
  | { kind: 'refused'; reason: string }
  | { kind: 'failed'; reason: string; isTooLarge?: true }

/** Requests to addresses that users have entered. */
export type Egress = {
  /** Why a URL cannot be requested at all; null: it may be tried. */
  problemOf(url: string): string | null
  /** Never rejects. */
  request(request: EgressRequest): Promise<EgressOutcome>
}

export type EgressSettings = {
  /** Whether hosts of this machine and of private networks, and plain HTTP, are allowed. */
  allowPrivate: boolean
  /** Tests replace it. */
  resolve?: (hostname: string) => Promise<HostAddress[]>
}

class TooLarge extends Error {
  override name = 'TooLarge'
}

class NotAllowed extends Error {
  override name = 'NotAllowed'
}

/**
 * Requests that cannot be used to reach what only this server can reach. A name is resolved once per request, and the
 * connection goes to an address of that result which is public: a name that resolves to another address later, or to a
 * public and a private one, gains nothing. Redirects are returned, not followed. Every request has a new connection.
 */
export function createEgress({
  allowPrivate,
  resolve = (hostname) => resolveHost(hostname, { allowPrivate }),
}: EgressSettings): Egress {
  const problemOf = (url: string) => urlProblem(url, { allowPrivate })
  const lookup: LookupFunction = (hostname, options, done) => {
    resolve(hostname).then(
      (found) => {
        const allowed = found.filter(({ address }) => allowPrivate || isPublicAddress(address))
        const [first] = allowed
        if (first === undefined) {
          done(new NotAllowed(`${hostname} has no address of the public internet.`), '', 0)
        } else if (options.all === true) done(null, allowed)
        else done(null, first.address, first.family)
      },
      (error: NodeJS.ErrnoException) => done(error, '', 0),
    )
  }
  return {
    problemOf,
    async request(request) {
      const problem = problemOf(request.url)
      if (problem !== null) return { kind: 'refused', reason: `The URL ${problem}.` }
      try {
        return await send(request, lookup, allowPrivate)
      } catch (error) {
        return failureOf(error, request.timeoutMs)
      }
    },
  }
}

async function send(request: EgressRequest, lookup: LookupFunction, allowPrivate: boolean): Promise<EgressOutcome> {
  const { method, url, headers, body, timeoutMs, bodyBytesMax } = request
  const signal = AbortSignal.timeout(timeoutMs)
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  const options: RequestOptions = {
    method,
    headers: { 'user-agent': 'Holdfast', 'accept-encoding': 'identity', ...headers, ...length },
    // No connection is used again: each is checked.
    agent: false,
    lookup,
    signal,
  }
  return new Promise((resolve, reject) => {
    const target = new URL(url)
    const start = target.protocol === 'https:' ? httpsRequest : httpRequest
    let hasResponse = false
    const sent = start(target, options, (response) => {
      hasResponse = true
      const { statusCode: status = 0 } = response
      // Node accepts 000 to 099 as well.
      if (status < 100) {
        sent.destroy(new Error('The response has no valid status.'))
        return
      }
      const values = Object.fromEntries(
        Object.entries(response.headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
      )
      if (bodyBytesMax === 0) {
        response.destroy()
        resolve({ kind: 'response', status, headers: values, body: '' })
        return
      }
      textOf(response, bodyBytesMax).then((text) => {
        resolve({ kind: 'response', status, headers: values, body: text })
      }, reject)
    })
    sent.on('error', reject)
    // Node ends a response 101, which asks for another protocol, by this alone.
    sent.on('close', () => {
      if (!hasResponse) reject(new Error('The connection ended without a response.'))
    })
    sent.on('socket', (socket) => {
      // Node does not call `lookup` for an IP address. `urlProblem` has refused private ones; this checks again.
      socket.once('connect', () => {
        const { remoteAddress = '' } = socket
        if (isIP(remoteAddress) !== 0 && !allowPrivate && !isPublicAddress(remoteAddress)) {
          sent.destroy(new NotAllowed('The connection went to an address that is not of the public internet.'))
        }
      })
    })
    sent.end(body)
  })
}

async function textOf(response: IncomingMessage, bytesMax: number): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of response as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > bytesMax) throw new TooLarge(`The response has more than ${bytesMax} bytes.`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

/** The texts are shown to the clinic's administrators: they name no address that a name resolved to. */
function failureOf(error: unknown, timeoutMs: number): EgressOutcome {
  if (error instanceof NotAllowed) return { kind: 'refused', reason: error.message }
  if (error instanceof TooLarge) return { kind: 'failed', reason: error.message, isTooLarge: true }
  const { name, code, message } = Object(error) as { name?: string; code?: string; message?: string }
  if (name === 'TimeoutError' || name === 'AbortError') {
    return { kind: 'failed', reason: `There was no complete response within ${Math.ceil(timeoutMs / 1000)} seconds.` }
  }
  return { kind: 'failed', reason: reasons[code ?? ''] ?? (code === undefined ? String(message) : `Error ${code}.`) }
}

const reasons: Record<string, string> = {
  ENOTFOUND: 'The host name was not found.',
  ENODATA: 'The host name has no address.',
  ESERVFAIL: 'The host name could not be looked up.',
  ETIMEOUT: 'The host name could not be looked up in time.',
  ECANCELLED: 'The host name could not be looked up in time.',
  EAI_AGAIN: 'The host name could not be looked up.',
  ECONNREFUSED: 'The connection was refused.',
  ECONNRESET: 'The connection was reset.',
  ETIMEDOUT: 'The connection timed out.',
  // OpenSSL's “wrong version number” and “packet length too long”: the response to its first message is no TLS.
  EPROTO: 'There is no TLS at this port, or none that both support: https:// needs it.',
  ERR_SSL_WRONG_VERSION_NUMBER: 'There is no TLS at this port: https:// needs it.',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'There is no TLS at this port: https:// needs it.',
  EHOSTUNREACH: 'The host cannot be reached.',
  ENETUNREACH: 'The network cannot be reached.',
  CERT_HAS_EXPIRED: 'The certificate has expired.',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'The certificate is not trusted.',
  SELF_SIGNED_CERT_IN_CHAIN: 'The certificate is not trusted.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'The certificate is not trusted.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'The certificate is for another host.',
}
