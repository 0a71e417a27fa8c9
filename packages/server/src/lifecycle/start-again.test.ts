import { advisoryLocks } from '@holdfast/engine'
import { createTestDatabase, databaseProxy, until } from '@holdfast/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { serverOn } from '../../test/running-server.ts'
import { createLogger } from '../observe/logger.ts'
import { startAgainIfCutOff } from './start-again.ts'

const log = createLogger('silent')

test('a server whose connection to the database breaks while it starts is started again', async () => {
  const database = await createTestDatabase()
  const proxy = await databaseProxy(database.ownerUrl)
  const other = await database.ownerPool.connect()
  onTestFinished(async () => {
    await proxy.end()
    await database.drop()
  })
  // It takes the lock of another server's start, so that this one is in the middle of its start.
  await other.query('select pg_advisory_lock($1, $2)', [...advisoryLocks.serverStart])
  const starting = serverOn({ ownerUrl: proxy.url, appUrl: database.appUrl })
  await until(async () => {
    const found = await other.query(`select from pg_stat_activity where datname = current_database()
        and application_name = 'holdfast start'`)
    return found.rowCount === 1
  }, 'a server that waits to start')
  await proxy.cut()
  await proxy.restore()
  await other.query('select pg_advisory_unlock($1, $2)', [...advisoryLocks.serverStart])
  other.release()
  const server = await starting
  const { status } = await fetch(`${server.url}/readyz`)
  await server.stop()
  expect(status).toBe(200)
  expect(server.logText()).toContain('the connection to the database broke during the start, which is repeated')
})

const broken = Object.assign(new Error('terminating connection'), { code: '57P01' })
const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED', syscall: 'connect' })

/** A start that fails with these errors in turn. @returns how often it was called, and what it ended with */
async function startWith(errors: readonly Error[]): Promise<[number, unknown]> {
  let calls = 0
  const start = async () => {
    const error = errors[calls++]
    if (error !== undefined) throw error
    return 'started'
  }
  const ended = await startAgainIfCutOff({ log }, start).catch((error: unknown) => error)
  return [calls, ended]
}

test('a stop ends the pause before the next attempt, which is not made', async () => {
  const stopping = new AbortController()
  let calls = 0
  const starting = startAgainIfCutOff({ log: { warn: () => stopping.abort() }, signal: stopping.signal }, async () => {
    calls += 1
    throw broken
  })
  await expect(starting).rejects.toBe(broken)
  expect(calls).toBe(1)
})

test('after a break, it is repeated also while nothing listens; any other error ends it at once', async () => {
  const other = new Error('a bug')
  expect(await startWith([broken, refused])).toEqual([3, 'started'])
  expect(await startWith([refused])).toEqual([1, refused])
  expect(await startWith([other])).toEqual([1, other])
  expect(await startWith([broken, other])).toEqual([2, other])
})
