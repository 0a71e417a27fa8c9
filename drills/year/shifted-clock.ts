import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '@holdfast/adapters/embedded-postgres'
import { changeDatabaseUrl, createPool, migrate } from '@holdfast/engine'
import { migrateAccounts } from '@holdfast/server/accounts-schema'
import pg from 'pg'
import type { Ending } from '../cluster/ending.ts'

/** What the parts of a simulated day use. The next moment ends its pools. */
export type Moment = { at: Date; ownerPool: pg.Pool; appPool: pg.Pool }

/** A database, and this process, whose clocks go as always, and are set forward. */
export type ShiftedDatabase = {
  /** Ends the former moment, sets the clocks to an instant that is not before it, and opens new connections. */
  setTo(at: Date): Promise<Moment>
}

const volatilities = {
  now: 'stable',
  transaction_timestamp: 'stable',
  statement_timestamp: 'stable',
  clock_timestamp: 'volatile',
} as const

const database = 'year'

/**
 * Starts a PostgreSQL server with an empty database in which the functions that say the time add how far the clock was
 * set forward. They replace PostgreSQL's before the schema is created, so that everything in it calls them. Sessions
 * know the shift when they begin.
 *
 * @param directory where the server stores its data
 */
export async function openShiftedDatabase(directory: string, ending: Ending): Promise<ShiftedDatabase> {
  const settings = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' }
  const server = await startEmbeddedPostgres({ dataDirectory: join(directory, 'data'), settings })
  await ending.add('to stop PostgreSQL', () => server.stop())
  const ownerUrl = changeDatabaseUrl(server.ownerUrl, { database })
  const password = randomBytes(16).toString('hex')
  await withClient(server.ownerUrl, (client) => client.query(`create database ${database} template template0`))
  await withClient(ownerUrl, replaceClocks)
  await migrate({ ownerUrl })
  await migrateAccounts(ownerUrl)
  await withClient(ownerUrl, (client) =>
    client.query(`create role year_app login password '${password}' in role holdfast_app`),
  )
  const appUrl = changeDatabaseUrl(ownerUrl, { user: 'year_app', password })
  const pools: { end(): Promise<void> }[] = []
  const endPools = async () => void (await Promise.all(pools.splice(0).map((pool) => pool.end())))
  await ending.add('to end the connections', endPools)
  return {
    async setTo(at) {
      await endPools()
      const aheadMs = setProcessClock(at)
      await withClient(ownerUrl, (client) =>
        client.query(`alter database ${database} set "holdfast_drill.ahead" = '${aheadMs} milliseconds'`),
      )
      const ownerPool = createPool({ url: ownerUrl, max: 2, name: 'year owner' })
      const appPool = createPool({ url: appUrl, max: 3, name: 'year app' })
      pools.push(ownerPool, appPool)
      return { at, ownerPool, appPool }
    },
  }
}

async function replaceClocks(client: pg.Client): Promise<void> {
  for (const [name, volatility] of Object.entries(volatilities)) {
    await client.query(`alter function pg_catalog.${name}() rename to real_${name}`)
    await client.query(`
      create function pg_catalog.${name}() returns timestamptz language sql ${volatility} parallel safe
      return pg_catalog.real_${name}()
             + coalesce(current_setting('holdfast_drill.ahead', true), '0')::interval`)
  }
}

const realDate = globalThis.Date
/** How far the clock of this process is ahead, milliseconds. It stays so: the ids of a process never go back. */
let processAheadMs = 0

/** @returns how far the clock is ahead now, milliseconds; @throws Error if it would go back */
function setProcessClock(at: Date): number {
  const aheadMs = at.getTime() - realDate.now()
  if (aheadMs < processAheadMs) throw new Error(`The clock would go back by ${processAheadMs - aheadMs} ms.`)
  processAheadMs = aheadMs
  const now = () => realDate.now() + processAheadMs
  globalThis.Date = new Proxy(realDate, {
    construct: (target, given) => Reflect.construct(target, given.length === 0 ? [now()] : given),
    get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
  })
  return aheadMs
}

async function withClient<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url, application_name: 'year drill' })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
