import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { negotiate } from '@fastify/accept-negotiator'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** Pages get nearly as small as those of the build, in less than a millisecond. */
const brotliQuality = 5

/** Smaller texts are not compressed. nginx's site has the same limit. */
const bytesMin = 1_000

/** This is not done by @fastify/compress, whose streams cannot be cached: public pages are compressed once. */
export const compress = {
  br: (text: string) =>
    promisify(brotliCompress)(text, { params: { [constants.BROTLI_PARAM_QUALITY]: brotliQuality } }),
  gzip: (text: string) => promisify(gzip)(text),
}

const encodings = ['br', 'gzip'] as const

/** What the client prefers, by its `Accept-Encoding`; null: neither. */
export function encodingFor({ headers }: Pick<FastifyRequest, 'headers'>): keyof typeof compress | null {
  const accepted = headers['accept-encoding'] ?? ''
  const refused = refusedIn(accepted)
  // The library takes `*` for the first of these, also if the header refuses that one by its name.
  return negotiate(
    accepted,
    encodings.filter((encoding) => !refused.has(encoding)),
  )
}

/** The names with the weight 0 (RFC 9110, section 12.4.2). */
function refusedIn(accepted: string): Set<string | undefined> {
  const items = accepted.toLowerCase().replaceAll(/[ \t]/g, '').split(',')
  return new Set(items.filter((item) => /;q=0(\.0*)?$/.test(item)).map((item) => item.split(';')[0]))
}

/**
 * The `onSend` hook of routes with large responses. Not of writes, nor of what has a token beside what a client sent:
 * from its compressed length the token could be guessed (BREACH). A clinic's bookings have the names of video rooms,
 * each guess at which would be another booking of the same day.
 */
export async function compressPayload(request: FastifyRequest, reply: FastifyReply, payload: unknown) {
  if (typeof payload !== 'string' || payload.length < bytesMin) return payload
  const vary = reply.getHeader('vary')
  reply.header('vary', vary === undefined ? 'accept-encoding' : `${vary}, accept-encoding`)
  const encoding = encodingFor(request)
  if (encoding === null) return payload
  const compressed = await compress[encoding](payload)
  // The deadline may have responded meanwhile.
  if (reply.raw.headersSent) return payload
  // Fastify has counted the plain text, if it has.
  reply.removeHeader('content-length').header('content-encoding', encoding)
  return compressed
}
