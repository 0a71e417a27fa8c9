import { aBooking, aSlot, lapseHolds, type TestDatabase, until } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import { book, cancel, transactionOf, untilCaughtUp } from '../../test/live-calendar.ts'
import { liveClient } from '../../test/live-client.ts'
import { call, signIn, signUp } from '../../test/running-server.ts'
import { test } from '../../test/two-servers-test.ts'

// On a server of DATABASE_URL, an open transaction of another test file delays the log's tail.
const notifiedMsMax = 45_000

describe('a subscriber', () => {
  test('is notified of a booking in another process and of its cancellation', async ({ calendar, here, there }) => {
    const { doctor, slot } = await calendar({ capacity: 3 })
    const client = await liveClient(here.url)
    expect(await client.subscribe([doctor.id])).toMatchObject({ doctorIds: [doctor.id] })
    const booking = await book(there.url, slot)
    await client.untilAvailable(slot.id, 2, notifiedMsMax)
    expect(await client.waitFor('slots')).toMatchObject({ doctorId: doctor.id, items: [{ id: slot.id, available: 2 }] })
    // The position is comparable with those that writes return.
    const { message } = client.received.at(-1) ?? {}
    expect(message).toMatchObject({ type: 'slots' })
    if (message?.type === 'slots') expect(transactionOf(message.position)).toBeGreaterThanOrEqual(booking.position)
    await cancel(there.url, booking)
    await client.untilAvailable(slot.id, 3, notifiedMsMax)
    await client.end()
  })

  test('is notified of both doctors of a move, and of no other doctors', async ({ calendar, database, here }) => {
    const [from, to, stranger] = [await calendar(), await calendar(), await calendar()]
    const client = await liveClient(here.url)
    await client.subscribe([from.doctor.id])
    await client.subscribe([to.doctor.id])
    const booking = await book(here.url, from.slot, { confirm: false })
    await book(here.url, stranger.slot)
    await client.untilAvailable(from.slot.id, 0, notifiedMsMax)
    // A booking can only move within its clinic, so it moves to another slot of the same doctor.
    const sibling = await aSlot(database, from.doctor)
    const moved = await call(`${here.url}/api/v1/bookings/${booking.id}/reschedule`, {
      method: 'POST',
      bearer: booking.manageToken,
      body: { slotId: sibling.id },
    })
    expect(moved.status).toBe(200)
    await client.untilAvailable(from.slot.id, 1, notifiedMsMax)
    await client.untilAvailable(sibling.id, 0, notifiedMsMax)
    await book(here.url, to.slot)
    await client.untilAvailable(to.slot.id, 0, notifiedMsMax)
    expect(client.availableOf(stranger.slot.id)).toBeUndefined()
    await client.end()
  })

  test('gets no messages about a doctor after unsubscribing', async ({ calendar, here }) => {
    const [one, two] = [await calendar({ capacity: 5 }), await calendar({ capacity: 5 })]
    const client = await liveClient(here.url)
    await client.subscribe([one.doctor.id, two.doctor.id])
    client.send({ type: 'unsubscribe', doctorIds: [one.doctor.id] })
    expect(await client.waitFor('unsubscribed')).toEqual({ type: 'unsubscribed', doctorIds: [one.doctor.id] })
    await book(here.url, one.slot)
    await book(here.url, two.slot)
    await client.untilAvailable(two.slot.id, 4, notifiedMsMax)
    expect(client.availableOf(one.slot.id)).toBeUndefined()
    await client.end()
  })

  test('gets no account links or undone marks, as they free nothing', async ({ calendar, database, here }) => {
    const { doctor, slot } = await calendar({ capacity: 3 })
    const [noShow, linked] = [await aBooking(database, slot, { status: 'NO_SHOW' }), await book(here.url, slot)]
    await untilCaughtUp(database, here.url, doctor.id)
    const client = await liveClient(here.url)
    await client.subscribe([doctor.id])
    const account = await signUp(here.url, 'live-link@example.org')
    const change = (path: string, bearer: string, body: object) =>
      call(`${here.url}/api/v1/bookings/${path}`, { method: 'POST', bearer, body })
    const responses = [
      await change(`${linked.id}/account`, account.token, { manageToken: linked.manageToken }),
      await change(`${noShow.id}/reopen`, await signIn(here.url), {}),
    ]
    expect(responses.map(({ status }) => status)).toEqual([200, 200])
    // This booking is after them in the log, so they have been read when it is announced.
    await book(here.url, slot)
    await client.untilAvailable(slot.id, 0, notifiedMsMax)
    const messages = client.received.map(({ message }) => message)
    expect(messages.filter(({ type }) => type === 'slots')).toMatchObject([{ items: [{ id: slot.id, available: 0 }] }])
    expect(JSON.stringify(messages)).not.toContain(account.id)
    await client.end()
  })

  test('of a busy slot gets messages immediately, in order, at most ten a second, also of the last state', async ({
    calendar,
    here,
    there,
  }) => {
    const { doctor, slot } = await calendar({ capacity: 100_000 })
    const client = await liveClient(here.url)
    await client.subscribe([doctor.id])
    const beganMs = performance.now()
    let booked = 0
    await Promise.all(
      [here.url, there.url].flatMap((url) =>
        Array.from({ length: 4 }, async () => {
          while (performance.now() - beganMs < 2_000) {
            await book(url, slot)
            booked += 1
          }
        }),
      ),
    )
    await client.untilAvailable(slot.id, 100_000 - booked, notifiedMsMax)
    const overMs = performance.now() - beganMs
    const messages = client.received.flatMap(({ message }) => (message.type === 'slots' ? message.items : []))
    expect(messages.length).toBeGreaterThan(1)
    // One more at the beginning, and one after the end.
    expect(messages.length).toBeLessThanOrEqual(Math.ceil(overMs / 100) + 2)
    expect(messages.map((item) => item.available)).toEqual(
      messages.map((item) => item.available).toSorted((a, b) => b - a),
    )
    // The control: there were more changes than messages.
    expect(booked).toBeGreaterThan(messages.length)
    await client.end()
  })
})

describe('a hold that expires without a sweep', () => {
  const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1_000)
  /** A scene with holds of a few seconds; of longer ones if the tail was behind until they had expired. */
  const inTime = async <Scene>(makeScene: (seconds: number) => Promise<Scene | undefined>): Promise<Scene> => {
    for (let seconds = 1; seconds < 20; seconds *= 2) {
      const scene = await makeScene(seconds)
      if (scene !== undefined) return scene
    }
    throw new Error('The tail was behind for longer than any hold lasted.')
  }
  const pending = async (database: TestDatabase, slotId: string) => {
    const { rows } = await database.ownerPool.query<{ status: string }>(sql`
      select status from holdfast.booking where slot_id = ${slotId}`)
    return rows.map((row) => row.status)
  }

  test('is reported at that moment: several in sequence on the same slot', async ({ calendar, database, here }) => {
    const { client, slot, ends } = await inTime(async (seconds) => {
      const { doctor, slot } = await calendar({ capacity: 2 })
      const client = await liveClient(here.url)
      await client.subscribe([doctor.id])
      const first = inSeconds(seconds)
      const ends = [first, inSeconds(2 * seconds)]
      for (const holdExpiresAt of ends) await aBooking(database, slot, { status: 'PENDING', holdExpiresAt })
      const isNotified = await until(
        async () => client.availableOf(slot.id) === 0 || (Date.now() < first.getTime() ? undefined : false),
        'both holds, or the end of the first',
      )
      if (isNotified) return { client, slot, ends }
      await client.end()
      return undefined
    })
    for (const [index, end] of ends.entries()) {
      await client.untilAvailable(slot.id, index + 1, notifiedMsMax)
      expect(Date.now()).toBeGreaterThanOrEqual(end.getTime())
    }
    expect(await pending(database, slot.id)).toEqual(['PENDING', 'PENDING'])
    await client.end()
  })

  test('is reported to a client that subscribed after the hold was created', async ({ calendar, database, here }) => {
    const { client, slot, holdExpiresAt } = await inTime(async (seconds) => {
      const { doctor, slot } = await calendar()
      const holdExpiresAt = inSeconds(seconds)
      await aBooking(database, slot, { status: 'PENDING', holdExpiresAt })
      await untilCaughtUp(database, here.url, doctor.id)
      const client = await liveClient(here.url)
      await client.subscribe([doctor.id])
      if (Date.now() < holdExpiresAt.getTime()) return { client, slot, holdExpiresAt }
      await client.end()
      return undefined
    })
    await client.untilAvailable(slot.id, 1, notifiedMsMax)
    expect(Date.now()).toBeGreaterThanOrEqual(holdExpiresAt.getTime())
    expect(await pending(database, slot.id)).toEqual(['PENDING'])
    // Only the expired hold was announced, and once.
    expect(client.received.filter(({ message }) => message.type === 'slots')).toHaveLength(1)
    await client.end()
  })

  test('is reported to a client that was disconnected meanwhile', async ({ calendar, database, here }) => {
    const { doctor, slot } = await calendar()
    await aBooking(database, slot, { status: 'PENDING' })
    await untilCaughtUp(database, here.url, doctor.id)
    const before = await liveClient(here.url)
    const { position } = await before.subscribe([doctor.id])
    await before.end()
    await lapseHolds(database, slot)
    const after = await liveClient(here.url)
    await after.subscribe([doctor.id], position)
    await after.untilAvailable(slot.id, 1)
    await after.end()
  })
})

describe('changes of a calendar', () => {
  test('created slots: resync', async ({ calendar, database, here }) => {
    const { doctor } = await calendar()
    const client = await liveClient(here.url)
    await client.subscribe([doctor.id])
    await aSlot(database, doctor)
    expect(await until(async () => client.received.at(1)?.message, 'resync', notifiedMsMax)).toMatchObject({
      type: 'resync',
      doctorIds: [doctor.id],
    })
    await client.end()
  })

  test('a withdrawn slot with bookings: no units are available, and resync', async ({ calendar, database, here }) => {
    const { doctor, slot } = await calendar({ capacity: 4 })
    await book(here.url, slot)
    await untilCaughtUp(database, here.url, doctor.id)
    const client = await liveClient(here.url)
    await client.subscribe([doctor.id])
    await database.ownerPool.query(sql`
      select holdfast.withdraw_slots(${slot.clinicNo}, ${slot.id}, null, null, null, true, false, null)`)
    await client.untilAvailable(slot.id, 0, notifiedMsMax)
    expect(await client.waitFor('resync')).toMatchObject({ doctorIds: [doctor.id] })
    await client.end()
  })
})
