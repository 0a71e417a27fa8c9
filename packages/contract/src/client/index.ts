import { createClient, createConfig } from './generated/client/index.ts'
import * as sdk from './generated/sdk.gen.ts'

export type * from './generated/types.gen.ts'

/** Where the server is and who asks. */
export type HoldfastClientSettings = {
  /** Such as `http://localhost:3000`, without the path. */
  baseUrl: string
  /** A session token, a JWT or a booking's manage token; a function is asked before each call that may need one. */
  bearer?: string | (() => string | undefined)
  /** Instead of the global fetch, for connection pools and tests. */
  fetch?: typeof fetch
}

/** Every call by its operation id; see openapi.json. */
export type HoldfastClient = typeof sdk

/**
 * The typed client: `client.createBooking({ body, headers: { 'Idempotency-Key': key } })` answers
 * `{ data, error, response }`. A refusal is `error`, a Problem with its `code`. When no answer came, `response` is
 * undefined and `error` is what fetch threw. One call as somebody else: `auth: manageToken` beside `path`.
 */
export function createHoldfastClient(settings: HoldfastClientSettings): HoldfastClient {
  const { bearer } = settings
  const client = createClient(
    createConfig({
      baseUrl: settings.baseUrl.replace(/\/+$/, ''),
      auth: (scheme) => (scheme.type !== 'http' ? undefined : typeof bearer === 'function' ? bearer() : bearer),
      ...(settings.fetch ? { fetch: settings.fetch } : {}),
    }),
  )
  const bound = Object.entries(sdk).map(([id, call]) => [
    id,
    (options: object = {}) => (call as (given: object) => unknown)({ client, ...options }),
  ])
  return Object.fromEntries(bound) as HoldfastClient
}
