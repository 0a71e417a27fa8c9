import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

export type SiteSettings = {
  /** Where the built site is; default: packages/web/dist of this checkout. */
  directory?: string
}

const builtSite = fileURLToPath(new URL('../../../web/dist', import.meta.url))
const page = 'index.html'

/**
 * The site: the build's files, and its one page for every address that the browser's router knows. Files whose names
 * hold a hash of their content are kept for ever, the page never. Without a build there is only the API, and the log
 * says how to make one.
 */
export async function siteRoutes(app: FastifyInstance, settings: SiteSettings): Promise<void> {
  const directory = settings.directory ?? builtSite
  if (!existsSync(join(directory, page))) {
    app.log.warn({ directory }, 'the site is not built, so there is only the API: run `npm run site` and start again')
    return
  }
  const policy = pagePolicy(readFileSync(join(directory, page), 'utf8'))
  // Files are the same for everybody: nobody is asked who they are, and nobody's requests are counted.
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, admission: 'open' }
  })
  const files = {
    index: false,
    preCompressed: true,
    cacheControl: false,
    setHeaders: (reply: FastifyReply, path: string) => setHeaders(reply, path.slice(directory.length), policy),
  } as const
  await app.register(fastifyStatic, {
    ...files,
    root: directory,
    wildcard: false,
    // The manifest is the build's own; the page is served below, by any address.
    globIgnore: ['**/*.br', '**/*.gz', '**/.*', 'assets/**', 'build-manifest.json', page],
  })
  // Looked for when they are asked for: a new build may be put in place while this runs.
  await app.register(fastifyStatic, {
    ...files,
    root: join(directory, 'assets'),
    prefix: '/assets/',
    decorateReply: false,
    allowedPath: (path) => !/\.(br|gz)$/.test(path),
  })
  app.get('/', (_request, reply) => reply.sendFile(page))
  app.get('/*', (request, reply) => {
    if (!wantsPage(request)) {
      reply.callNotFound()
      return reply
    }
    return reply.sendFile(page)
  })
}

/** A person who opened an address; programs that ask for what isn't there are told so. */
function wantsPage(request: FastifyRequest): boolean {
  const [pathname = ''] = request.url.split('?')
  if (/^\/(api|docs|assets|icons|metrics|livez|readyz)(\/|$)/.test(pathname) || /\.\w+$/.test(pathname)) return false
  return /\btext\/html\b/.test(request.headers.accept ?? '')
}

/** `path` is the file's that is sent, which may be the compressed one (`/sw.js.br`). */
function setHeaders(reply: FastifyReply, path: string, policy: string): void {
  if (path.startsWith('/assets/')) void reply.header('cache-control', 'public, max-age=31536000, immutable')
  else if (path.startsWith('/icons/')) void reply.header('cache-control', 'public, max-age=86400')
  else if (path.startsWith(`/${page}`)) {
    void reply.header('cache-control', 'no-store').header('content-security-policy', policy)
  } else void reply.header('cache-control', 'no-cache')
  // A worker asks under its own script's policy, and would not be let out to fetch the shell.
  if (path.startsWith('/sw.js')) void reply.header('content-security-policy', "default-src 'none'; connect-src 'self'")
}

/**
 * Scripts: the build's own files, and what stands in the page by its hash. Styles may be inline: Mantine writes its
 * colours into a style element, and positions into attributes.
 */
function pagePolicy(html: string): string {
  const inline = [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, script = '']) => script)
  const hashes = inline.map((script) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`)
  return [
    "default-src 'none'",
    `script-src 'self' ${hashes.join(' ')}`.trim(),
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')
}
