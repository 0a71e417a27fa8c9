import { createHash } from 'node:crypto'
import { buildOpenApi } from '@holdfast/contract'
import fastifyApiReference from '@scalar/fastify-api-reference'
import type { FastifyInstance } from 'fastify'
import { pagePolicy } from './headers/page-policy.ts'

/** The API reference has fonts in its style sheet, and starts a worker from a blob. */
const extraSources = { 'font-src': "'self' data:", 'worker-src': "'self' blob:" }

/**
 * The reference's greys, and the colours of its methods, have too little contrast for small text (4.5 : 1, WCAG 1.4.3),
 * and its folding buttons are smaller than 24 pixels (2.5.8).
 */
const readableCss = `
  body.light-mode {
    --scalar-color-2: #595959;
    --scalar-color-3: #636363;
    --scalar-color-green: #00703f;
    --scalar-color-blue: #005fa3;
    --scalar-color-orange: #a34400;
    --scalar-color-yellow: #7a5c00;
    --scalar-color-red: #c00000;
  }
  body.dark-mode { --scalar-color-3: #a3a3a3; --scalar-color-red: #ff7b7b; }
  #app .sidebar-search-placeholder { color: var(--scalar-color-2); }
  #app aside button[aria-expanded].absolute { min-width: 24px; min-height: 24px; }
`

/** Created by the first request for it. */
let document: { text: string; etag: string } | undefined

function openApiDocument() {
  const text = JSON.stringify(buildOpenApi())
  return { text, etag: `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"` }
}

/**
 * /openapi.json, and /docs to read it in a browser. The page loads everything from this server. Its inline script is
 * allowed by hash.
 */
export async function docsRoutes(app: FastifyInstance): Promise<void> {
  app.get('/openapi.json', async (request, reply) => {
    document ??= openApiDocument()
    const { text, etag } = document
    void reply.header('etag', etag).header('cache-control', 'public, max-age=0, must-revalidate')
    if (request.headers['if-none-match'] === etag) return reply.code(304).send()
    return reply.header('content-type', 'application/json; charset=utf-8').send(text)
  })

  app.addHook('onSend', async (_request, reply, payload) => {
    const isPage = String(reply.getHeader('content-type') ?? '').startsWith('text/html')
    if (!isPage || typeof payload !== 'string') return payload
    const page = payload.replace('<html>', '<html lang="en">')
    void reply.header('content-security-policy', pagePolicy(page, extraSources))
    return page
  })
  await app.register(fastifyApiReference, {
    routePrefix: '/docs',
    configuration: {
      url: '/openapi.json',
      pageTitle: 'Holdfast API',
      customCss: readableCss,
      withDefaultFonts: false,
      telemetry: false,
      agent: { disabled: true },
      mcp: { disabled: true },
      showDeveloperTools: 'never',
      hideClientButton: true,
    },
  })
}
