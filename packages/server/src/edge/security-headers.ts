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

/** The headers of every answer ({@link helmetHeaders}), and CORS for the configured origins, none by default. */
export const securityHeaders = fp(
  async (app: FastifyInstance, settings: { corsOrigins: readonly string[]; headers: Record<string, string> }) => {
    const { headers } = settings
    app.addHook('onRequest', (_request, reply, done) => {
      reply.headers(headers)
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
export async function helmetHeaders(isHttps: boolean): Promise<Record<string, string>> {
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
  let headers: Record<string, string> = {}
  app.get('/', async (_request, reply) => {
    headers = Object.fromEntries(Object.entries(reply.raw.getHeaders()).map(([name, value]) => [name, String(value)]))
    return ''
  })
  await app.inject('/')
  await app.close()
  return headers
}
