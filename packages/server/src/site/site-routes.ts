import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { encodingFor } from '../edge/bodies/compression.ts'
import { errorHandler } from '../edge/errors/error-handler.ts'
import { wantsPage } from '../edge/errors/error-page.ts'
import { ProblemError, problem } from '../edge/errors/problem-error.ts'
import { pagePolicy } from '../edge/headers/page-policy.ts'
import { publicPageRoutes } from './public-page-routes.ts'
import type { PublicPages } from './public-pages.ts'

export type SiteSettings = {
  /** Directory of the built site; default: packages/web/dist of this checkout. */
  directory?: string
  /** What the pages of doctors and clinics say to search engines; without it, they say nothing. */
  publicPages?: PublicPages
}

const builtSite = fileURLToPath(new URL('../../../web/dist', import.meta.url))
const page = 'index.html'
/** The scripts of the help are files. */
const helpPolicy = pagePolicy('')
const extraSources = { 'manifest-src': "'self'", 'form-action': "'self'" }

/**
 * The site: the files of the build, and its single page for every URL of the browser's router. Browsers cache files
 * with a content hash in their name forever, and never cache the page. Without a build only the API is served, and
 * the log says how to build the site.
 */
export async function siteRoutes(app: FastifyInstance, settings: SiteSettings): Promise<void> {
  const directory = settings.directory ?? builtSite
  if (!existsSync(join(directory, page))) {
    app.log.warn({ directory }, 'the site is not built, so only the API is served: run `npm run site` and restart')
    return
  }
  const policy = pagePolicy(readFileSync(join(directory, page), 'utf8'), extraSources)
  // @fastify/static throws for a path that leaves its directory, or that no file can have. There is no such file.
  app.setErrorHandler((error, request, reply) => {
    const isOfFile = isClientError(error) && !(error instanceof ProblemError)
    const refusal = isOfFile ? problem('not_found', 'There is no such file.') : error
    errorHandler(refusal, request, reply)
  })
  // Files are the same for everyone: credentials are not read and requests are not counted.
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, authentication: 'none' }
  })
  // @fastify/static takes `*` for gzip, also if the header refuses that by its name.
  app.addHook('onRequest', (request, _reply, done) => {
    request.headers['accept-encoding'] = encodingFor(request) ?? 'identity'
    done()
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
    // The manifest is used by the build only; the page is served below, for any URL.
    globIgnore: ['**/*.br', '**/*.gz', '**/.*', 'assets/**', 'help/*.html', 'build-manifest.json', page],
  })
  // Looked up on each request, because a new build may be deployed while the server runs.
  await app.register(fastifyStatic, {
    ...files,
    root: join(directory, 'assets'),
    prefix: '/assets/',
    decorateReply: false,
    allowedPath: (path) => !/\.(br|gz)$/.test(path),
  })
  for (const name of helpPages(directory)) {
    const address = name === page ? '/help' : `/help/${name.slice(0, -'.html'.length)}`
    app.get(address, (_request, reply) => reply.sendFile(`help/${name}`))
  }
  if (settings.publicPages === undefined) app.get('/', (_request, reply) => reply.sendFile(page))
  else publicPageRoutes(app, { pages: settings.publicPages, directory, page, policy })
  app.get('/*', (request, reply) => {
    if (!wantsPage(request.url, request.headers)) {
      reply.callNotFound()
      return reply
    }
    return reply.sendFile(page)
  })
}

/** The pages of the help. They are named without .html, so that a page can be built in another way later. */
function helpPages(directory: string): string[] {
  const folder = join(directory, 'help')
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.html')) : []
}

function isClientError(error: unknown): boolean {
  if (!(error instanceof Error && 'statusCode' in error)) return false
  const { statusCode } = error
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500
}

/** `path` is that of the file that is sent, which may be compressed (`/sw.js.br`). */
function setHeaders(reply: FastifyReply, path: string, policy: string): void {
  if (path.startsWith('/assets/')) void reply.header('cache-control', 'public, max-age=31536000, immutable')
  else if (path.startsWith('/icons/')) void reply.header('cache-control', 'public, max-age=86400')
  else if (path.startsWith(`/${page}`)) {
    void reply.header('cache-control', 'no-store').header('content-security-policy', policy)
  } else void reply.header('cache-control', 'no-cache')
  if (path.startsWith('/help/') && path.includes('.html')) void reply.header('content-security-policy', helpPolicy)
  // A service worker runs under the policy of its script, and has to fetch the page.
  if (path.startsWith('/sw.js')) void reply.header('content-security-policy', "default-src 'none'; connect-src 'self'")
}
