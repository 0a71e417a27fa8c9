import { createHash } from 'node:crypto'
import type { OpenApiDocument } from '@holdfast/contract'
import fastifyApiReference from '@scalar/fastify-api-reference'
import type { FastifyInstance } from 'fastify'

/**
 * /openapi.json, and /docs to read it in a browser. The page loads everything from this server. Its inline script is
 * allowed by hash.
 */
export async function docsRoutes(app: FastifyInstance, { openApi }: { openApi: OpenApiDocument }): Promise<void> {
  const text = JSON.stringify(openApi)
  const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`
  app.get('/openapi.json', async (request, reply) => {
    void reply.header('etag', etag).header('cache-control', 'public, max-age=0, must-revalidate')
    if (request.headers['if-none-match'] === etag) return reply.code(304).send()
    return reply.header('content-type', 'application/json; charset=utf-8').send(text)
  })

  app.addHook('onSend', async (_request, reply, payload) => {
    const isPage = String(reply.getHeader('content-type') ?? '').startsWith('text/html')
    if (isPage && typeof payload === 'string') void reply.header('content-security-policy', pagePolicy(payload))
    return payload
  })
  await app.register(fastifyApiReference, {
    routePrefix: '/docs',
    configuration: {
      url: '/openapi.json',
      pageTitle: 'Holdfast API',
      withDefaultFonts: false,
      telemetry: false,
      agent: { disabled: true },
      mcp: { disabled: true },
      showDeveloperTools: 'never',
      hideClientButton: true,
    },
  })
}

/** The reference page uses inline styles, one script file and the inline scripts in the page. */
function pagePolicy(html: string): string {
  const inline = [...html.matchAll(/<script(?:\s[^>]*)?>([\s\S]*?)<\/script>/g)].map(([, script = '']) => script)
  const hashes = inline
    .filter((script) => script.trim() !== '')
    .map((script) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`)
  return [
    "default-src 'none'",
    `script-src 'self' ${hashes.join(' ')}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "worker-src 'self' blob:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
