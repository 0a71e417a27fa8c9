import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { problem } from './problem-error.ts'

type KnownPath = { pattern: RegExp; methods: Set<string> }

/** 404 for unknown paths, and 405 with `Allow` for known paths with another method. Register it before the routes. */
export const notFound = fp(async (app: FastifyInstance) => {
  const paths = new Map<string, KnownPath>()

  app.addHook('onRoute', (route) => {
    const path = paths.get(route.url) ?? { pattern: patternOf(route.url), methods: new Set() }
    for (const method of [route.method].flat()) path.methods.add(method.toUpperCase())
    paths.set(route.url, path)
  })

  app.setNotFoundHandler((request, reply) => {
    const [pathname = ''] = request.url.split('?')
    const matching = [...paths.values()].filter((path) => path.pattern.test(pathname))
    const methods = new Set(matching.flatMap((path) => [...path.methods]))
    // A route with this method matches: then a path parameter was too long to be an id.
    if (methods.size === 0 || methods.has(request.method)) throw problem('not_found', 'There is nothing at this path.')
    void reply.header('allow', [...methods].sort().join(', '))
    throw problem('method_not_allowed', `${request.method} is not one of ${[...methods].sort().join(', ')}.`)
  })
})

/** `/doctors/:id/slots` as a regular expression. The pattern of a wildcard route matches no real path. */
function patternOf(url: string): RegExp {
  const parts = url.split('/').map((part) => (part.startsWith(':') ? '[^/]+' : RegExp.escape(part)))
  return new RegExp(`^${parts.join('/')}$`)
}
