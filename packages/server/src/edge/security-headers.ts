import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import Fastify, { type FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { clientHeader } from './csrf.ts'

/** The answers' headers that pages of other origins may read. */
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

/** What is sent with every answer: all of Helmet's, and those of them that the API's answers need, which are data. */
export type BrowserHeaders = { all: Record<string, string>; ofData: Record<string, string> }

/** The rest is about documents and their windows. */
const namesOfData = new Set([
  'content-security-policy',
  'cross-origin-resource-policy',
  'referrer-policy',
  'strict-transport-security',
  'x-content-type-options',
  'x-frame-options',
])

/** The headers of every answer ({@link helmetHeaders}), and CORS for the configured origins, none by default. */
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
 * What Helmet sends, with a policy for answers that are data. It is the same for every answer, and so asked of it once:
 * its plugin works the policy out anew for each request, header by header, and took a quarter of a booking's CPU here.
 */
export async function helmetHeaders(isHttps: boolean): Promise<BrowserHeaders> {
  const app = Fastify()
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"], frameAncestors: ["'none'"] },
    },
    // Only https may promise https, and only the site's owner for its subdomains.
    strictTransportSecurity: isHttps ? { maxAge: 31_536_000, includeSubDomains: false } : false,
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
