import { createClient, createConfig } from './generated/client/index.ts'
import * as sdk from './generated/sdk.gen.ts'

export type * from './generated/types.gen.ts'

/** Where the server is, and with which credentials it is called. */
export type HoldfastClientSettings = {
  /** For example `http://localhost:3000`, without a path. */
  baseUrl: string
  /** A session token, a JWT or a booking's manage token; a function is called before each request that may need one. */
  bearer?: string | (() => string | undefined)
  /** An API key of a clinic, instead of `bearer`. */
  apiKey?: string
  /** Replaces the global fetch, for connection pools and tests. */
  fetch?: typeof fetch
}

/** Every operation by its id; see `/openapi.json` of a server. */
export type HoldfastClient = typeof sdk

/**
 * The typed client: `client.createBooking({ body, headers: { 'Idempotency-Key': key } })` returns
 * `{ data, error, response }`. `error` is a Problem with its `code`; if there was no response, it is what fetch threw
 * and `response` is undefined. To send other credentials with one call, add `auth: manageToken`.
 */
export function createHoldfastClient(settings: HoldfastClientSettings): HoldfastClient {
  const { apiKey, bearer = apiKey } = settings
  const client = createClient(
    createConfig({
      baseUrl: settings.baseUrl.replace(/\/+$/, ''),
      auth: (scheme) => (scheme.type !== 'http' ? undefined : typeof bearer === 'function' ? bearer() : bearer),
      ...(settings.fetch ? { fetch: settings.fetch } : {}),
    }),
  )
  const bound = Object.entries(sdk).map(([id, call]) => [
    id,
    (options: object = {}) => (call as (options: object) => unknown)({ client, ...options }),
  ])
  return Object.fromEntries(bound) as HoldfastClient
}
