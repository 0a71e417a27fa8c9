import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** As small as a page of the build, nearly, in less than a millisecond. */
const brotliQuality = 5

/** As nginx's site: what is smaller stays as it is. */
const bytesMin = 1_000

export const compress = {
  br: (text: string) =>
    promisify(brotliCompress)(text, { params: { [constants.BROTLI_PARAM_QUALITY]: brotliQuality } }),
  gzip: (text: string) => promisify(gzip)(text),
}

/** What the client accepts; null: nothing of it. */
export function encodingFor({ headers }: Pick<FastifyRequest, 'headers'>): keyof typeof compress | null {
  const accepted = String(headers['accept-encoding'] ?? '')
  return accepted.includes('br') ? 'br' : accepted.includes('gzip') ? 'gzip' : null
}

/**
 * The `onSend` hook of routes with large responses. Not of writes, nor of what has a secret beside what a client sent:
 * from its compressed length the secret could be guessed (BREACH).
 */
export async function compressPayload(request: FastifyRequest, reply: FastifyReply, payload: unknown) {
  if (typeof payload !== 'string' || payload.length < bytesMin) return payload
  const vary = reply.getHeader('vary')
  reply.header('vary', vary === undefined ? 'accept-encoding' : `${vary}, accept-encoding`)
  const encoding = encodingFor(request)
  if (encoding === null) return payload
  // Fastify has counted the plain text, if it has.
  reply.removeHeader('content-length').header('content-encoding', encoding)
  return compress[encoding](payload)
}
