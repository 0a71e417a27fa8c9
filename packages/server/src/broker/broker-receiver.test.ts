import type { EventMessage } from '@holdfast/adapters/rabbitmq'
import { inTransaction, type LoggedEvent, loggedEvents } from '@holdfast/engine'
import { aBooking, aClinic, aDoctor, aSlot, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { brokerReceiver } from './broker-receiver.ts'

const source = 'https://book.example.org'

/** `<booking id>.<version>` */
function bookingVersion({ body }: EventMessage): string {
  const { data } = JSON.parse(body) as { data: { bookingId: string; version: number } }
  return `${data.bookingId}.${data.version}`
}

/** The events of bookings that were held and confirmed. */
async function someEvents(database: TestDatabase, bookings: number): Promise<LoggedEvent[]> {
  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)), { capacity: 50 })
  const events: LoggedEvent[] = []
  for (let index = 0; index < bookings; index += 1) {
    const { id: bookingId } = await aBooking(database, slot)
    const lines = [1, 2].map((version) => ({ bookingId, version }))
    events.push(...(await loggedEvents(database.appPool, lines)))
  }
  return events
}

test('each event of a booking is published after the one before was confirmed', async ({ database }) => {
  const events = await someEvents(database, 3)
  const groups: string[][] = []
  let confirmed = 0
  const publisher = {
    async publish(messages: readonly EventMessage[]) {
      expect(groups.flat()).toHaveLength(confirmed)
      groups.push(messages.map(bookingVersion))
      await inTransaction(database.appPool, async () => undefined)
      confirmed += messages.length
    },
  }
  await brokerReceiver({ pool: database.appPool, publisher, source }).deliver(events, async () => {
    expect(confirmed).toBe(6)
  })
  const ids = [...new Set(events.map(({ bookingId }) => bookingId))]
  expect(groups).toEqual([ids.map((id) => `${id}.1`), ids.map((id) => `${id}.2`)])
})

test('what the broker did not confirm is not acknowledged', async ({ database }) => {
  const events = await someEvents(database, 1)
  let acknowledged = 0
  const publisher = {
    async publish([message]: readonly EventMessage[]) {
      if (message !== undefined && bookingVersion(message).endsWith('.2')) throw new Error('planted')
    },
  }
  const receiver = brokerReceiver({ pool: database.appPool, publisher, source })
  const acknowledge = async () => {
    acknowledged += 1
  }
  await expect(receiver.deliver(events, acknowledge)).rejects.toThrow('planted')
  expect(acknowledged).toBe(0)
})

test('what happened more than a week ago is acknowledged and not published', async ({ database }) => {
  const events = (await someEvents(database, 1)).map((event) => ({
    ...event,
    at: new Date(Date.now() - 8 * 86_400_000),
  }))
  let [published, acknowledged] = [0, 0]
  const publisher = {
    async publish(messages: readonly EventMessage[]) {
      published += messages.length
    },
  }
  await brokerReceiver({ pool: database.appPool, publisher, source }).deliver(events, async () => {
    acknowledged += 1
  })
  expect({ published, acknowledged }).toEqual({ published: 0, acknowledged: 1 })
})

test('nothing about the patient is published', async ({ database }) => {
  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)), { capacity: 1 })
  const { id: bookingId } = await aBooking(database, slot, {
    patient: { name: 'Ada Secret', email: 'ada@example.net' },
  })
  const events = await loggedEvents(
    database.appPool,
    [1, 2].map((version) => ({ bookingId, version })),
  )
  const bodies: string[] = []
  const publisher = {
    async publish(messages: readonly EventMessage[]) {
      bodies.push(...messages.map((message) => JSON.stringify(message)))
    },
  }
  await brokerReceiver({ pool: database.appPool, publisher, source }).deliver(events, async () => undefined)
  expect(bodies).toHaveLength(2)
  expect(bodies.join()).not.toMatch(/Secret|ada@/)
})
