import { aBooking, aClinic, aDoctor, aSlot, databaseProxy, until } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import pg from 'pg'
import { expect, onTestFinished } from 'vitest'
import { createPool } from '../database/pools.ts'
import { EventTail } from './event-tail.ts'
import { listenForWakes, wakeChannel } from './listen-for-wakes.ts'

const connections = 2

/** Opens all connections of a pool, and leaves them idle. */
async function fill(pool: pg.Pool): Promise<void> {
  const clients = await Promise.all(Array.from({ length: connections }, () => pool.connect()))
  for (const client of clients) client.release()
}

test('a tail whose connections hang reports the next event, and leaks no connection', async ({ database }) => {
  const proxy = await databaseProxy(database.sessionUrl)
  const pool = createPool({ url: proxy.url, max: connections, name: 'hung tail', queryTimeoutMs: 500 })
  const reported: string[] = []
  const tail = await EventTail.start({ pool, listenUrl: null })
  tail.subscribe((entries) => {
    for (const entry of entries) if (entry.kind === 'booking') reported.push(entry.bookingId)
  })
  await fill(pool)
  proxy.hang()
  proxy.forwardNew()
  const { id } = await aBooking(database, await aSlot(database, await aDoctor(database, await aClinic(database))))
  await until(async () => reported.includes(id), 'the tail reports the booking')
  await until(
    async () => pool.totalCount === pool.idleCount,
    () => `${pool.totalCount - pool.idleCount} connections in use`,
  )
  await tail.stop()
  await pool.close(1_000)
  await proxy.end()
})

test('negative control: with the driver’s pool, abandoned reads occupy all connections', async ({ database }) => {
  const proxy = await databaseProxy(database.sessionUrl)
  const pool = new pg.Pool({ connectionString: proxy.url, max: connections, connectionTimeoutMillis: 1_000 })
  pool.on('error', () => undefined)
  pool.on('connect', (client) => void client.on('error', () => undefined))
  let failed = 0
  const onRead = ({ kind }: { kind: string }) => {
    if (kind === 'failed') failed += 1
  }
  const tail = await EventTail.start({ pool, listenUrl: null, onRead })
  await fill(pool)
  proxy.hang()
  proxy.forwardNew()
  await until(
    async () => failed > connections,
    () => `${failed} failed reads`,
  )
  expect([pool.totalCount, pool.idleCount]).toEqual([connections, 0])
  await proxy.cut()
  await tail.stop()
  await pool.end()
})

test('a connection that listens, and hangs, is replaced', async ({ database }) => {
  const proxy = await databaseProxy(database.sessionUrl)
  onTestFinished(() => proxy.end())
  const stop = new AbortController()
  let woken = 0
  const wake = () => {
    woken += 1
  }
  const listening = listenForWakes(proxy.url, null, wake, stop.signal, 100)
  const untilWoken = () => until(async () => woken > 0, 'woken')
  await untilWoken()
  proxy.hang()
  proxy.forwardNew()
  woken = 0
  // Once when it listens again, and for each notification from then on.
  await untilWoken()
  woken = 0
  await database.appPool.query('select pg_notify($1, $2)', [wakeChannel, 'another’s'])
  await untilWoken()
  stop.abort()
  await listening
})
