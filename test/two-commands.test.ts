import { connectEmbeddedPostgres } from '@holdfast/adapters/embedded-postgres'
import { expect, test } from 'vitest'
import { aDirectory, bookSomething, endStarted, getJson, type Made, npmStart } from './npm-start.ts'

endStarted()

test('a first start creates everything; Ctrl-C ends all of it; a second start has the booking', async () => {
  const dataDirectory = await aDirectory()
  const first = npmStart({ HOLDFAST_DATA: dataDirectory })
  const url = await first.ready
  expect(first.output()).toMatch(/^Administrator: \S+@\S+$/m)
  expect(first.output()).toMatch(/^Password: \S+$/m)
  expect((await fetch(`${url}/readyz`)).status).toBe(200)
  const made = await bookSomething(url)
  first.signalGroup('SIGINT')
  expect(await first.ended, first.output()).toBe(0)
  expect(await connectEmbeddedPostgres({ dataDirectory }), 'the database has ended too').toBeUndefined()
  await expect(fetch(`${url}/livez`)).rejects.toThrow()

  const second = npmStart({ HOLDFAST_DATA: dataDirectory })
  const booking = await getJson<Made>(`${await second.ready}/api/v1/bookings/${made.id}`, made.manageToken)
  expect(booking.status).toBe('CONFIRMED')
  expect(second.output()).not.toMatch(/^Password:/m)
})
