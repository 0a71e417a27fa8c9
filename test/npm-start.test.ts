// Drill: a whole installation
import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { connectEmbeddedPostgres } from '@holdfast/adapters/embedded-postgres'
import { createEmptyDatabase } from '@holdfast/testkit'
import { expect, test } from 'vitest'
import {
  aDirectory,
  aFilledDirectory,
  bookSomething,
  checkout,
  endStarted,
  getJson,
  type Made,
  npmStart,
} from './npm-start.ts'

endStarted()

test('SIGTERM to npm alone ends all processes', async () => {
  const dataDirectory = await aFilledDirectory()
  const one = npmStart({ HOLDFAST_DATA: dataDirectory })
  const url = await one.ready
  one.child.kill('SIGTERM')
  await one.ended
  await expect(fetch(`${url}/livez`)).rejects.toThrow()
  expect(await connectEmbeddedPostgres({ dataDirectory })).toBeUndefined()
})

test('after a kill -9 of everything that npm started, the next start recovers what was booked', async () => {
  const dataDirectory = await aFilledDirectory()
  const killed = npmStart({ HOLDFAST_DATA: dataDirectory })
  const made = await bookSomething(await killed.ready)
  killed.signalGroup('SIGKILL')
  await killed.ended
  const next = npmStart({ HOLDFAST_DATA: dataDirectory })
  const booking = await getJson<Made>(`${await next.ready}/api/v1/bookings/${made.id}`, made.manageToken)
  expect(booking.status).toBe('CONFIRMED')
})

test('a port in use is named, and the database does not stay behind', async () => {
  const dataDirectory = await aFilledDirectory()
  const occupier = createServer()
  await new Promise<void>((resolve) => occupier.listen(0, '127.0.0.1', resolve))
  const address = occupier.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  try {
    const refused = npmStart({ HOLDFAST_DATA: dataDirectory, PORT: String(address.port) })
    expect(await refused.ended).not.toBe(0)
    expect(refused.output()).toMatch(new RegExp(`\\b${address.port}\\b.*in use|in use.*\\b${address.port}\\b`))
    expect(refused.output(), 'a message, not a stack').not.toMatch(/^\s+at /m)
    expect(await connectEmbeddedPostgres({ dataDirectory })).toBeUndefined()
  } finally {
    occupier.close()
  }
})

test('a data directory in use is reported with the process that uses it, which is not disturbed', async () => {
  const dataDirectory = await aFilledDirectory()
  const first = npmStart({ HOLDFAST_DATA: dataDirectory })
  const url = await first.ready
  const second = npmStart({ HOLDFAST_DATA: dataDirectory })
  expect(await second.ended).not.toBe(0)
  expect(second.output()).toContain(`The data directory ${dataDirectory} is in use by another Holdfast (process `)
  expect(second.output(), 'a message, not a stack').not.toMatch(/^\s+at /m)
  expect((await bookSomething(url)).status).toBe('CONFIRMED')
})

test('another command uses the running database; when none runs, it starts one for itself', async () => {
  const dataDirectory = await aFilledDirectory()
  const one = npmStart({ HOLDFAST_DATA: dataDirectory })
  await bookSomething(await one.ready)
  const verify = async () => {
    const args = ['tools/bootstrap.mjs', 'holdfast', 'verify', '--json']
    const env = { ...process.env, DATABASE_URL: undefined, HOLDFAST_DATA: dataDirectory }
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: checkout, env })
    return JSON.parse(stdout)
  }
  const report = { bookings: 1, overbooked: 0, mismatches: 0 }
  expect(await verify()).toMatchObject(report)
  expect((await fetch(`${await one.ready}/readyz`)).status, 'the server has its database still').toBe(200)
  one.signalGroup('SIGINT')
  await one.ended
  expect(await verify()).toMatchObject(report)
  expect(await connectEmbeddedPostgres({ dataDirectory })).toBeUndefined()
})

test('with DATABASE_URL it uses that database, and creates no data directory', async () => {
  const database = await createEmptyDatabase()
  const dataDirectory = join(await aDirectory(), 'unused')
  try {
    const env = { DATABASE_URL: database.ownerUrl, HOLDFAST_DATA: dataDirectory, HOLDFAST_DEMO: 'on' }
    const one = npmStart(env)
    const made = await bookSomething(await one.ready)
    one.signalGroup('SIGINT')
    expect(await one.ended, one.output()).toBe(0)
    const again = npmStart(env)
    expect((await getJson<Made>(`${await again.ready}/api/v1/bookings/${made.id}`, made.manageToken)).id).toBe(made.id)
    again.signalGroup('SIGTERM')
    await again.ended
    expect(await readdir(dirname(dataDirectory))).toEqual([])
  } finally {
    await database.drop()
  }
})

test('a wrong setting stops the start with its name and what was expected', async () => {
  const one = npmStart({ HOLDFAST_DATA: await aDirectory(), HOLDFAST_HOLD_SECONDS: 'two minutes' })
  expect(await one.ended).not.toBe(0)
  expect(one.output()).toMatch(/HOLDFAST_HOLD_SECONDS.*30/)
  expect(one.output()).toContain('two minutes')
})
