import { createPool, recordUpkeep } from '@holdfast/engine'
import { portToKeep, type TestDatabase } from '@holdfast/testkit'
import { anotherDatabase, freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect, onTestFinished } from 'vitest'
import { databaseFiguresReader } from './read-database-figures.ts'

type Line = { err: Error; shard?: string }

function readerOf({ appPool, appUrl }: Pick<TestDatabase, 'appPool' | 'appUrl'>, name: string | null = null) {
  const lines: Line[] = []
  const log = { warn: (fields: object) => void lines.push(fields as Line) }
  const figures = createPool({ url: appUrl, name: 'holdfast figures', max: 1, connectTimeoutMs: 30_000 })
  onTestFinished(() => figures.close(0))
  const ping = createPool({ url: appUrl, name: 'holdfast ping', max: 1, connectTimeoutMs: 2_000 })
  onTestFinished(() => ping.close(0))
  const first = { name, pools: { figures: appPool, ping: appPool } }
  const read = databaseFiguresReader(
    name === null ? [{ name, pools: { figures, ping } }] : [first, { name: 'south', pools: { figures, ping } }],
    log,
  )
  return { read, lines, figures }
}

test('a database with a busy pool is up; slow readings do not pile up, logged once a minute', async ({ database }) => {
  const { read, lines, figures } = readerOf(database)
  const busy = await figures.connect()
  for (let reading = 0; reading < 2; reading += 1) {
    expect(await read()).toEqual({ installation: null, shards: [{ shard: null, isUp: true, load: null }] })
    // The load, and the figures of the installation.
    expect(figures.waitingCount).toBe(2)
  }
  expect(lines.map(({ err }) => err.name)).toEqual(['TimeoutError', 'TimeoutError'])
  busy.release()
  const { installation, shards } = await read()
  expect([installation?.verifyFailingSeconds, shards[0]?.load?.activeHolds]).toEqual([0, 0])
})

test('a query that fails leaves the database up, and its error is in the log', async ({ database }) => {
  const { read, lines } = readerOf(database)
  await database.ownerPool.query('alter table holdfast.waitlist_entry rename to waitlist_entry_away')
  for (let reading = 0; reading < 3; reading += 1) {
    expect((await read()).shards).toEqual([{ shard: null, isUp: true, load: null }])
  }
  expect(lines.map(({ err }) => err.message)).toEqual(['relation "holdfast.waitlist_entry" does not exist'])
})

test('a database that is away is not up, and the others have their figures', async ({ database }) => {
  const away = new URL(database.appUrl)
  away.host = `127.0.0.1:${await portToKeep()}`
  away.search = ''
  const { read, lines } = readerOf({ appPool: database.appPool, appUrl: away.href }, 'directory')
  const { installation, shards } = await read()
  expect(installation?.accountMailsWaiting).toBe(0)
  expect(shards).toMatchObject([
    { shard: 'directory', isUp: true, load: { activeHolds: 0 } },
    { shard: 'south', isUp: false, load: null },
  ])
  expect(lines.map(({ shard }) => shard)).toEqual(['south'])
})

test('faults found by verification in one of several databases are in the whole’s figures', async ({ database }) => {
  const other = await anotherDatabase()
  const { read } = readerOf({ appPool: database.appPool, appUrl: other.appUrl }, 'directory')
  const [earlier, now] = [new Date(Date.now() - 86_400_000), new Date()]
  const figures = async () => {
    const { installation } = await read()
    return [installation?.verifiedSeconds, (installation?.verifyFailingSeconds ?? 0) > 0]
  }
  await recordUpkeep(database.ownerPool, 'verify', { succeededAt: now, isFailing: false })
  await recordUpkeep(other.ownerPool, 'verify', { succeededAt: earlier, isFailing: false })
  expect(await figures()).toEqual([earlier.getTime() / 1_000, false])
  await recordUpkeep(other.ownerPool, 'verify', { succeededAt: null, isFailing: true })
  expect(await figures()).toEqual([earlier.getTime() / 1_000, true])
})
