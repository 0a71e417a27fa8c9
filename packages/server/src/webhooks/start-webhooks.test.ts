import { createEngine } from '@holdfast/engine'
import { aBooking, aClinic, aDoctor, aSlot, type TestDatabase, until } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect, onTestFinished, vi } from 'vitest'
import { createLogger } from '../observe/logger.ts'
import { createSealedTexts } from '../secrets/sealed-texts.ts'
import { startWebhooks } from './start-webhooks.ts'

// The horizon belongs to the whole server: an open transaction of another test file delays the relay.
const arrivesWithinMs = 45_000
const sealed = createSealedTexts(['s'.repeat(32)], 'webhook')

/** A clinic whose bookings are sent to this URL. */
async function aClinicWith(database: TestDatabase, url: string) {
  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)), { capacity: 10 })
  const engine = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
  onTestFinished(() => engine.stop())
  const sealedSecret = await sealed.seal('whsec_c2VjcmV0')
  const events = ['booking.confirmed'] as const
  const sent = { clinicNo: slot.clinicNo, url, events, sealedSecret }
  expect((await engine.webhooks.create(sent, null)).kind).toBe('done')
  return { book: () => aBooking(database, slot) }
}

/** Webhooks are sent from now on. What is sent to a URL with `slow` gets its response after `release`. */
async function sendingWebhooks(database: TestDatabase) {
  const requested: string[] = []
  const released = Promise.withResolvers<void>()
  const egress = {
    problemOf: () => null,
    async request({ url }: { url: string }) {
      requested.push(url)
      if (url.includes('slow')) await released.promise
      return { kind: 'response' as const, status: 204, headers: {}, body: '' }
    },
  }
  const webhooks = startWebhooks({
    pool: database.appPool,
    sender: { egress, sealed },
    log: createLogger('silent'),
    onPaused: async () => undefined,
  })
  onTestFinished(async () => {
    released.resolve()
    await webhooks.stop()
  })
  await until(
    async () => {
      const held = `select from holdfast.log_receiver where name = 'webhooks' and holder is not null`
      return (await database.ownerPool.query(held)).rowCount === 1
    },
    'the relay to start',
    arrivesWithinMs,
  )
  const requestedOf = (part: string) => requested.filter((url) => url.includes(part)).length
  return {
    release: released.resolve,
    requestedOf,
    untilRequested: (part: string, count: number) =>
      until(
        async () => requestedOf(part) >= count,
        () => `${count} requests to ${part}, not ${requested.join()}`,
        arrivesWithinMs,
      ),
  }
}

test('however long the servers of a clinic take, deliveries of others are sent', async ({ database }) => {
  const slow = await aClinicWith(database, 'https://slow.example.org/')
  const other = await aClinicWith(database, 'https://other.example.org/')
  const { untilRequested, requestedOf, release } = await sendingWebhooks(database)
  await slow.book()
  await untilRequested('slow', 1)
  // The slow server takes longer than a run of the job may.
  const now = performance.now.bind(performance)
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + 10_000)
  onTestFinished(() => clock.mockRestore())
  for (const count of [1, 2]) {
    await other.book()
    await untilRequested('other', count)
  }
  expect(requestedOf('slow')).toBe(1)
  release()
})
