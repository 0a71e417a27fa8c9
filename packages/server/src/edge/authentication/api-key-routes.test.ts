// Completeness: a route of the server, of whichever part, lets an API key do what it may not
import diagnostics from 'node:diagnostics_channel'
import { accountOperations, restOperations, secondFactorOperations, theatreLivePath } from '@holdfast/contract'
import { newId } from '@holdfast/engine'
import { aClinic } from '@holdfast/testkit'
import { type ApiKeyScope, apiKeyScopes } from '@holdfast/vocabulary'
import type { FastifyInstance, RouteOptions } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventsClient } from '../../../test/live-events-client.ts'
import { call, type RunningServer, runningServer, settingsFor } from '../../../test/running-server.ts'
import { createApiKeySecrets } from '../../secrets/api-keys.ts'

let server: RunningServer
let clinic: Awaited<ReturnType<typeof aClinic>>
let keys: Record<'withoutScope' | 'ofAnother' | 'ended', string>
/** The routes of each HTTP server that was created. */
const routesOfServers: RouteOptions[][] = []

function collectRoutes(message: unknown): void {
  const { fastify } = message as { fastify: FastifyInstance }
  const routes: RouteOptions[] = []
  routesOfServers.push(routes)
  fastify.addHook('onRoute', (route) => void routes.push(route))
}

beforeAll(async () => {
  diagnostics.subscribe('fastify.initialization', collectRoutes)
  server = await runningServer()
  clinic = await aClinic(server.database)
  const other = await aClinic(server.database)
  keys = {
    withoutScope: await aKey(clinic.no, { scopes: ['times:read'] }),
    ofAnother: await aKey(other.no),
    ended: await aKey(clinic.no, { isEnded: true }),
  }
})
afterAll(async () => {
  diagnostics.unsubscribe('fastify.initialization', collectRoutes)
  await server.end()
})

async function aKey(
  clinicNo: number,
  { scopes = apiKeyScopes, isEnded = false }: { scopes?: readonly ApiKeyScope[]; isEnded?: boolean } = {},
): Promise<string> {
  const id = newId(clinicNo)
  const { key, digest } = createApiKeySecrets([settingsFor(server.database).HOLDFAST_SECRET ?? '']).issue(id)
  await server.database.ownerPool.query(
    `insert into holdfast.api_key (clinic_no, id, name, scopes, bookings_per_second, digest, created_by, expires_at)
     values ($1, $2, 'Laboratory', $3, 50, $4, $2, case when $5 then now() - interval '1 second' end)`,
    [clinicNo, id, scopes, digest, isEnded],
  )
  return key
}

const liveTheatre = theatreLivePath(':clinicId')
const ofAccounts = new Set<string>(
  Object.values({ ...accountOperations, ...secondFactorOperations }).map(({ url }) => url),
)
const operationIds: ReadonlySet<string> = new Set(Object.keys(restOperations))

/** The responses to each key; null: the route reads no credentials. Those of the contract: api-key-access.test.ts. */
function expectedOf({ url, config }: RouteOptions): (number | 'served')[] | null | 'elsewhere' {
  if (operationIds.has(config?.operationId ?? '')) return 'elsewhere'
  if (config?.authentication === 'none') return null
  if (config?.authentication === 'lenient') return [403, 403, 403]
  if (ofAccounts.has(url)) return [403, 403, 401]
  if (url === liveTheatre) return [403, 404, 401]
  return ['served', 'served', 401]
}

async function responsesOf({ method, url }: RouteOptions): Promise<(number | 'served')[]> {
  const path = url.replace(':clinicId', clinic.id).replaceAll(/:\w+|\*/g, 'none')
  const found: (number | 'served')[] = []
  for (const key of [keys.withoutScope, keys.ofAnother, keys.ended]) {
    const { status } = await call(server.url + path, { method: String([method].flat()[0]), bearer: key })
    found.push([401, 403].includes(status) || url === liveTheatre ? status : 'served')
  }
  return found
}

test('an API key is refused by each route that is not for it', async () => {
  const routes = routesOfServers.find((one) => one.some(({ url }) => url === liveTheatre)) ?? []
  const others = routes.filter((route) => expectedOf(route) !== 'elsewhere' && ![route.method].flat().includes('HEAD'))
  const seen = new Map<string, unknown>()
  for (const route of others) {
    const expected = expectedOf(route)
    const found = await responsesOf(route)
    const name = `${route.method} ${route.url}`
    expect(found, name).toEqual(expected ?? ['served', 'served', 'served'])
    seen.set(name, expected)
  }
  // Whoever adds a route to this list shows that it is for everybody.
  expect(
    [...seen].flatMap(([name, expected]) => (Array.isArray(expected) && expected[0] === 'served' ? [name] : [])),
  ).toMatchInlineSnapshot(`
    [
      "GET /openapi.json",
      "GET /docs",
      "GET /docs/",
      "GET /docs/js/scalar.js",
    ]
  `)
  expect(seen.get(`GET ${liveTheatre}`)).toEqual([403, 404, 401])
  expect([...seen.values()].filter((expected) => String(expected) === '403,403,403').length).toBeGreaterThan(10)
  expect([...seen.values()].filter((expected) => String(expected) === '403,403,401').length).toBeGreaterThan(5)
})

test('with its scope, a key watches the theatre of its clinic', async () => {
  const key = await aKey(clinic.no, { scopes: ['bookings:read'] })
  const url = server.url + theatreLivePath(clinic.id)
  const client = await eventsClient(url, { authorization: `Bearer ${key}` })
  await client.waitFor('theatre')
  await client.end()
})
