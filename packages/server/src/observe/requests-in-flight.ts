import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

/** How many requests of a route have begun and not ended. */
type InFlight = { count: number; ended: () => void }

/** Counts requests from their first hook until their connection or response is closed, also if the client leaves. */
export class RequestsInFlight {
  readonly #byRoute = new Map<string, InFlight>()

  /** @returns what to call when the request has ended; the same function for all requests of a route */
  begin(route: string): () => void {
    const found = this.#byRoute.get(route) ?? this.#add(route)
    found.count += 1
    return found.ended
  }

  /** The number for each route that had a request. */
  counts(): [string, number][] {
    return Array.from(this.#byRoute, ([route, { count }]) => [route, count])
  }

  #add(route: string): InFlight {
    const added: InFlight = {
      count: 0,
      ended() {
        added.count -= 1
      },
    }
    this.#byRoute.set(route, added)
    return added
  }
}

/** Counts the requests of an app, by route pattern. */
export const countInFlight = fp(async (app: FastifyInstance, { begin }: { begin: (route: string) => () => void }) => {
  app.addHook('onRequest', (request, reply, done) => {
    reply.raw.on('close', begin(request.routeOptions.url ?? 'none'))
    done()
  })
})
