import { Writable } from 'node:stream'
import { inTransaction, type LoggedEvent } from '@holdfast/engine'
import { aBooking, aClinic, aDoctor, aSlot, type BuiltSlot, type TestDatabase, until } from '@holdfast/testkit'
import { freshDatabaseTest as base } from '@holdfast/testkit/database-test'
import { afterEach, expect } from 'vitest'
import { createLogger } from '../observe/logger.ts'
import type { EventReceiver } from './event-receiver.ts'
import { type RunningRelay, startRelay } from './start-relay.ts'

const test = base.extend('slot', ({ database }) => aScene(database))

// The horizon belongs to the whole server: an open transaction of another test file delays the relay.
const deliveredWithinMs = 45_000
const running = new Set<RunningRelay>()
afterEach(async () => {
  await Promise.all([...running].map((relay) => relay.stop()))
  running.clear()
})

/** A receiver that records what it got in the acknowledged transactions. */
function recorder(database: TestDatabase, name = 'recorder') {
  const delivered: LoggedEvent[] = []
  let failures = 0
  const receiver: EventReceiver = {
    name,
    async deliver(events, acknowledge) {
      await inTransaction(database.appPool, acknowledge)
      delivered.push(...events)
    },
  }
  return {
    delivered,
    receiver,
    /** The next deliveries fail after they did their work, and before it is acknowledged. */
    failing: (count: number): EventReceiver => ({
      name,
      async deliver(events, acknowledge) {
        delivered.push(...events)
        failures += 1
        if (failures <= count) throw new Error('planted')
        await inTransaction(database.appPool, acknowledge)
      },
    }),
    untilDelivered: (ids: readonly string[]) =>
      until(
        async () => ids.every((id) => delivered.some(({ bookingId }) => bookingId === id)),
        () => `${ids.length} bookings, not ${delivered.map(({ bookingId }) => bookingId).join()}`,
        deliveredWithinMs,
      ),
  }
}

function relayTo(database: TestDatabase, receiver: EventReceiver): RunningRelay {
  const relay = startRelay({
    pool: database.appPool,
    receiver,
    log: createLogger('silent'),
    holdSeconds: 1,
  })
  running.add(relay)
  return relay
}

const position = async (database: TestDatabase, name = 'recorder') =>
  (await database.ownerPool.query('select holder, seq::text as seq from holdfast.log_receiver where name = $1', [name]))
    .rows[0]

const untilStarted = (database: TestDatabase, name = 'recorder') =>
  until(
    async () => ((await position(database, name))?.holder ? true : undefined),
    'the relay to start',
    deliveredWithinMs,
  )

async function aScene(database: TestDatabase): Promise<BuiltSlot> {
  return aSlot(database, await aDoctor(database, await aClinic(database)), { capacity: 1_000 })
}

const book = async (database: TestDatabase, slot: BuiltSlot, count: number) => {
  const ids: string[] = []
  for (let index = 0; index < count; index += 1) ids.push((await aBooking(database, slot)).id)
  return ids
}

test('delivers what is committed after its first start, each event once and in order', async ({ database, slot }) => {
  const [before = ''] = await book(database, slot, 1)
  const { delivered, receiver, untilDelivered } = recorder(database)
  const relay = relayTo(database, receiver)
  await untilStarted(database)
  await untilDelivered(await book(database, slot, 130))
  await relay.stop()
  expect(delivered.map(({ bookingId }) => bookingId)).not.toContain(before)
  expect(delivered).toHaveLength(260)
  expect(delivered.slice(0, 2)).toMatchObject([
    { type: 'held', version: 1, slotId: slot.id, doctorId: slot.doctorId, clinicNo: slot.clinicNo, isCase: false },
    { type: 'confirmed', version: 2 },
  ])
})

test('continues where it was after a stop, and repeats a delivery that failed', async ({ database, slot }) => {
  const { delivered, receiver, failing, untilDelivered } = recorder(database)
  const first = relayTo(database, receiver)
  await untilStarted(database)
  await untilDelivered(await book(database, slot, 2))
  await first.stop()
  const reached = await position(database)
  const missed = await book(database, slot, 3)
  delivered.length = 0
  relayTo(database, failing(2))
  await untilDelivered(missed)
  await until(async () => (await position(database)).seq !== reached.seq, 'the position to move', deliveredWithinMs)
  // How many of them came in the deliveries that failed depends on the horizon.
  expect(delivered.length).toBeGreaterThan(2 * missed.length)
  expect(delivered.slice(-2 * missed.length).map(({ bookingId }) => bookingId)).toEqual(
    missed.flatMap((id) => [id, id]),
  )
})

test('one of two processes delivers; when it is gone, the other continues', async ({ database, slot }) => {
  const { delivered, receiver, untilDelivered } = recorder(database)
  const first = relayTo(database, receiver)
  await untilStarted(database)
  relayTo(database, receiver)
  await untilDelivered(await book(database, slot, 20))
  expect(delivered).toHaveLength(40)
  await first.stop()
  await untilDelivered(await book(database, slot, 20))
  expect(delivered).toHaveLength(80)
})

test('a receiver that is gone is added again, and gets what follows', async ({ database, slot }) => {
  const { receiver, untilDelivered } = recorder(database)
  relayTo(database, receiver)
  await untilStarted(database)
  // A shard goes on without its own rows.
  await database.ownerPool.query('delete from holdfast.log_receiver')
  await untilStarted(database)
  await untilDelivered(await book(database, slot, 1))
})

test('takes over from a process that was killed, when its time is over', async ({ database, slot }) => {
  const { receiver, untilDelivered } = recorder(database)
  const first = relayTo(database, receiver)
  await untilStarted(database)
  await first.stop()
  await database.ownerPool.query(`update holdfast.log_receiver
      set holder = gen_random_uuid(), held_until = clock_timestamp() + interval '2 s'`)
  const ids = await book(database, slot, 2)
  relayTo(database, receiver)
  await untilDelivered(ids)
})

test('a delivery of a process that is not the holder any more is rolled back', async ({ database, slot }) => {
  const delivered: string[] = []
  let isTakenOver = false
  const receiver: EventReceiver = {
    name: 'recorder',
    async deliver(events, acknowledge) {
      if (!isTakenOver) {
        isTakenOver = true
        await database.ownerPool.query('update holdfast.log_receiver set holder = gen_random_uuid()')
      }
      await inTransaction(database.appPool, acknowledge)
      delivered.push(...events.map(({ bookingId }) => bookingId))
    },
  }
  relayTo(database, receiver)
  await untilStarted(database)
  const [id = ''] = await book(database, slot, 1)
  await until(
    async () => delivered.includes(id),
    'the event to be delivered after the other process was gone',
    deliveredWithinMs,
  )
  // The first delivery was not acknowledged, so there was a second one.
  expect(delivered).toEqual([id, id])
})

test('a second receiver begins where the first is, so nothing is missed between them', async ({ database, slot }) => {
  const first = recorder(database)
  const relay = relayTo(database, first.receiver)
  await untilStarted(database)
  await first.untilDelivered(await book(database, slot, 1))
  await relay.stop()
  const missed = await book(database, slot, 2)
  const second = recorder(database, 'second')
  relayTo(database, second.receiver)
  await second.untilDelivered(missed)
  expect(second.delivered).toHaveLength(4)
})

test('a receiver that is away is logged once, and measured until it is back', async ({ database, slot }) => {
  const { receiver, delivered, untilDelivered } = recorder(database)
  let [isAway, attempts, lines, relayed] = [true, 0, '', 0]
  const waiting: (Date | null)[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines += String(chunk)
      done()
    },
  })
  const relay = startRelay({
    pool: database.appPool,
    log: createLogger('info', stream),
    metrics: {
      relayed: ({ times }) => {
        relayed += times.length
      },
      relayWaiting: ({ since }) => void waiting.push(since),
    },
    receiver: {
      name: receiver.name,
      async deliver(events, acknowledge) {
        attempts += 1
        if (isAway) throw new Error('planted')
        await receiver.deliver(events, acknowledge)
      },
    },
  })
  running.add(relay)
  await untilStarted(database)
  const ids = await book(database, slot, 1)
  await until(async () => attempts >= 3, 'three attempts', deliveredWithinMs)
  expect(lines.match(/could not be forwarded/g)?.length).toBeLessThan(attempts)
  expect(waiting.some((since) => since !== null)).toBe(true)
  isAway = false
  await untilDelivered(ids)
  await until(
    async () => lines.includes('is forwarded again') && waiting.at(-1) === null,
    () => `the end of the wait: ${lines}`,
    deliveredWithinMs,
  )
  expect(relayed).toBe(delivered.length)
})
