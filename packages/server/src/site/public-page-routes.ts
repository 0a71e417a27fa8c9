import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import { compress, encodingFor } from '../edge/bodies/compression.ts'
import { matchesEntityTag, weakEntityTag } from '../edge/bodies/entity-tag.ts'
import type { PublicHead, PublicPages } from './public-pages.ts'

export type PublicPageSettings = {
  pages: PublicPages
  /** The directory of the built site, which is the root of @fastify/static. */
  directory: string
  /** File name of the site's page. */
  page: string
  policy: string
}

/** Pages for people with credentials, forms about one booking or account, and the API: nothing to find there. */
const privatePaths = [
  '/api/',
  '/account',
  '/clinic',
  '/confirm',
  '/find-booking',
  '/find-waitlist-entry',
  '/forgot-password',
  '/health',
  '/invitation',
  '/join-waitlist',
  '/leave-waitlist',
  '/my-bookings',
  '/my-day',
  '/my-waitlist',
  '/new-password',
  '/offer',
  '/reminders',
  '/reset-password',
  '/security-log',
  '/ticket',
  '/undo-email',
  '/waitlist-entry',
]

/** What the head of the built page has until it is known which doctor or clinic it shows. */
const genericHead = /<title>Holdfast<\/title>\s*<meta name="description" content="[^"]*" \/>/

/** The site's page with the title and the data of its doctor or clinic, and the two files that search engines read. */
export function publicPageRoutes(app: FastifyInstance, settings: PublicPageSettings): void {
  const { pages } = settings
  const send = pageSender(settings)
  app.get<{ Params: { doctorId: string } }>('/doctors/:doctorId', async (request, reply) =>
    send(await pages.doctor(request.params.doctorId), request, reply),
  )
  app.get<{ Querystring: { clinicId?: unknown } }>('/', async (request, reply) => {
    const { clinicId } = request.query
    const head: PublicHead = typeof clinicId === 'string' ? await pages.clinic(clinicId) : { kind: 'unknown' }
    // A filter that fits no clinic shows an empty list, which is no missing page.
    return send(head.kind === 'missing' ? { kind: 'unknown' } : head, request, reply)
  })
  app.get('/robots.txt', (_request, reply) => {
    const lines = ['User-agent: *', ...privatePaths.map((path) => `Disallow: ${path}`)]
    if (pages.publicUrl !== null) lines.push('', `Sitemap: ${pages.publicUrl}/sitemap.xml`)
    void reply.header('cache-control', 'public, max-age=3600')
    return reply.type('text/plain; charset=utf-8').send(`${lines.join('\n')}\n`)
  })
  app.get('/sitemap.xml', async (request, reply) => {
    const text = await pages.sitemap()
    if (text === null) return reply.callNotFound()
    return sendUnlessCurrent(reply.type('application/xml; charset=utf-8'), request, weakEntityTag(text), text)
  })
}

function pageSender({ directory, page, policy }: PublicPageSettings) {
  const compressed = new LRUCache<string, Buffer>({ max: 256 })
  return async (head: PublicHead, request: FastifyRequest, reply: FastifyReply) => {
    if (head.kind === 'unknown') return reply.sendFile(page)
    const text = await readFile(join(directory, page), 'utf8')
    void reply.type('text/html; charset=utf-8').header('content-security-policy', policy)
    if (head.kind === 'missing') return reply.code(404).header('cache-control', 'no-store').send(text)
    const html = text.replace(genericHead, () => head.html)
    const encoding = encodingFor(request)
    const etag = weakEntityTag(html)
    void reply.header('vary', 'accept-encoding')
    if (encoding === null) return sendUnlessCurrent(reply, request, etag, html)
    const key = `${encoding} ${etag}`
    const body = compressed.get(key) ?? (await compress[encoding](html))
    compressed.set(key, body)
    return sendUnlessCurrent(reply.header('content-encoding', encoding), request, etag, body)
  }
}

/** The client stores it, and asks each time whether it has changed. */
function sendUnlessCurrent(reply: FastifyReply, { headers }: FastifyRequest, etag: string, body: string | Buffer) {
  void reply.header('etag', etag).header('cache-control', 'no-cache')
  if (!matchesEntityTag(headers['if-none-match'], etag)) return reply.send(body)
  return reply.code(304).removeHeader('content-encoding').send()
}
