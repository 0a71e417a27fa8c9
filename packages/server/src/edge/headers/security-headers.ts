import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import Fastify, { type FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { clientHeader } from '../authentication/csrf.ts'

/** Response headers that pages of other origins may read. */
const exposedHeaders = [
  'ETag',
  'Holdfast-Position',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
  'Retry-After',
  'Set-Auth-Token',
]
const allowedHeaders = [
  'Authorization',
  'Content-Type',
  'Holdfast-Position',
  'Idempotency-Key',
  'If-None-Match',
  clientHeader,
]

/** Helmet's headers: all of them, and those that also make sense for the API's responses, which are data. */
export type BrowserHeaders = { all: Record<string, string>; ofData: Record<string, string> }

/** Helmet's other headers concern documents and their windows. */
const namesOfData = new Set([
  'content-security-policy',
  'cross-origin-resource-policy',
  'referrer-policy',
  'strict-transport-security',
  'x-content-type-options',
  'x-frame-options',
])

/** Adds the headers of {@link helmetHeaders} to every response, and CORS for the configured origins (default: none). */
export const securityHeaders = fp(
  async (app: FastifyInstance, settings: { corsOrigins: readonly string[]; headers: BrowserHeaders }) => {
    const { all, ofData } = settings.headers
    app.addHook('onRequest', (request, reply, done) => {
      reply.headers(request.url.startsWith('/api/') ? ofData : all)
      done()
    })
    if (settings.corsOrigins.length === 0) return
    await app.register(cors, {
      origin: [...settings.corsOrigins],
      credentials: true,
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      allowedHeaders,
      exposedHeaders,
      maxAge: 600,
      strictPreflight: true,
    })
  },
)

/**
 * The headers that Helmet sends, with a content security policy for data. They are the same for every response, so they
 * are computed once. Performance: the plugin computes them for each request, which took a quarter of a booking's CPU.
 */
export async function helmetHeaders(site: { isHttps: boolean; withSubdomains: boolean }): Promise<BrowserHeaders> {
  const app = Fastify()
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"], frameAncestors: ["'none'"] },
    },
    // Only an https site may require https, and only its owner can decide for the subdomains.
    strictTransportSecurity: site.isHttps ? { maxAge: 31_536_000, includeSubDomains: site.withSubdomains } : false,
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
  })
  let sent: [name: string, value: string][] = []
  app.get('/', async (_request, reply) => {
    sent = Object.entries(reply.raw.getHeaders()).map(([name, value]) => [name, String(value)])
    return ''
  })
  await app.inject('/')
  await app.close()
  return { all: Object.fromEntries(sent), ofData: Object.fromEntries(sent.filter(([name]) => namesOfData.has(name))) }
}
