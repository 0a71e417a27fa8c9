import { aBooking, aSlot, lapseHolds, until } from '@holdfast/testkit'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { aCalendar, book, cancel, untilHeard } from '../../test/live-calendar.ts'
import { liveClient } from '../../test/live-client.ts'
import { call, type RunningServer, runningServer, serverOn, signIn, signUp } from '../../test/running-server.ts'

// On a server of DATABASE_URL, an open transaction of another test file delays the log's tail.
vi.setConfig({ testTimeout: 90_000 })
const toldWithinMs = 45_000

let server: RunningServer
let other: Awaited<ReturnType<typeof serverOn>>

beforeAll(async () => {
  server = await runningServer()
  other = await serverOn(server.database)
})
afterAll(async () => {
  await other.stop()
  await server.end()
})

const calendar = (wishes?: Parameters<typeof aCalendar>[2]) =>
  aCalendar(server.database, [server.url, other.url], wishes)

describe('a subscriber', () => {
  test('is notified of a booking in another process and of its cancellation', async () => {
    const { doctor, slot } = await calendar({ capacity: 3 })
    const client = await liveClient(server.url)
    expect(await client.follows([doctor.id])).toMatchObject({ doctorIds: [doctor.id] })
    const booking = await book(other.url, slot)
    await client.untilAvailable(slot.id, 2, toldWithinMs)
    expect(await client.hears('slots')).toMatchObject({ doctorId: doctor.id, items: [{ id: slot.id, available: 2 }] })
    // The position is of the kind that writes answer.
    const { message } = client.heard.at(-1) ?? {}
    expect(message).toMatchObject({ type: 'slots' })
    if (message?.type === 'slots') expect(BigInt(message.position)).toBeGreaterThanOrEqual(booking.position)
    await cancel(other.url, booking)
    await client.untilAvailable(slot.id, 3, toldWithinMs)
    await client.end()
  })

  test('is notified of both doctors of a move, and of no other doctors', async () => {
    const [from, to, stranger] = [await calendar(), await calendar(), await calendar()]
    const client = await liveClient(server.url)
    await client.follows([from.doctor.id])
    await client.follows([to.doctor.id])
    const booking = await book(server.url, from.slot, { confirm: false })
    await book(server.url, stranger.slot)
    await client.untilAvailable(from.slot.id, 0, toldWithinMs)
    // A move is within a clinic; a doctor of another one is told by the log alone.
    const sibling = await aSlot(server.database, from.doctor)
    const moved = await call(`${server.url}/api/v1/bookings/${booking.id}/reschedule`, {
      method: 'POST',
      bearer: booking.manageToken,
      body: { slotId: sibling.id },
    })
    expect(moved.status).toBe(200)
    await client.untilAvailable(from.slot.id, 1, toldWithinMs)
    await client.untilAvailable(sibling.id, 0, toldWithinMs)
    await book(server.url, to.slot)
    await client.untilAvailable(to.slot.id, 0, toldWithinMs)
    expect(client.availableOf(stranger.slot.id)).toBeUndefined()
    await client.end()
  })

  test('gets no messages about a doctor after unsubscribing', async () => {
    const [one, two] = [await calendar({ capacity: 5 }), await calendar({ capacity: 5 })]
    const client = await liveClient(server.url)
    await client.follows([one.doctor.id, two.doctor.id])
    client.say({ type: 'unsubscribe', doctorIds: [one.doctor.id] })
    expect(await client.hears('unsubscribed')).toEqual({ type: 'unsubscribed', doctorIds: [one.doctor.id] })
    await book(server.url, one.slot)
    await book(server.url, two.slot)
    await client.untilAvailable(two.slot.id, 4, toldWithinMs)
    expect(client.availableOf(one.slot.id)).toBeUndefined()
    await client.end()
  })

  test('is not notified of account links and undone marks, which change no availability', async () => {
    const { doctor, slot } = await calendar({ capacity: 3 })
    const [noShow, linked] = [
      await aBooking(server.database, slot, { status: 'NO_SHOW' }),
      await book(server.url, slot),
    ]
    await untilHeard(server.database, server.url, doctor.id)
    const client = await liveClient(server.url)
    await client.follows([doctor.id])
    const account = await signUp(server.url, 'live-link@example.org')
    const change = (path: string, bearer: string, body: object) =>
      call(`${server.url}/api/v1/bookings/${path}`, { method: 'POST', bearer, body })
    const answers = [
      await change(`${linked.id}/account`, account.token, { manageToken: linked.manageToken }),
      await change(`${noShow.id}/reopen`, await signIn(server.url), {}),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    // What comes after them in the log is told, so they have been read by then.
    await book(server.url, slot)
    await client.untilAvailable(slot.id, 0, toldWithinMs)
    const told = client.heard.map(({ message }) => message)
    expect(told.filter(({ type }) => type === 'slots')).toMatchObject([{ items: [{ id: slot.id, available: 0 }] }])
    expect(JSON.stringify(told)).not.toContain(account.id)
    await client.end()
  })

  test('of a busy slot is notified at once, in order, at most ten times a second, and of the last state', async () => {
    const { doctor, slot } = await calendar({ capacity: 100_000 })
    const client = await liveClient(server.url)
    await client.follows([doctor.id])
    const beganMs = performance.now()
    let booked = 0
    await Promise.all(
      [server.url, other.url].flatMap((url) =>
        Array.from({ length: 4 }, async () => {
          while (performance.now() - beganMs < 2_000) {
            await book(url, slot)
            booked += 1
          }
        }),
      ),
    )
    await client.untilAvailable(slot.id, 100_000 - booked, toldWithinMs)
    const overMs = performance.now() - beganMs
    const told = client.heard.flatMap(({ message }) => (message.type === 'slots' ? message.items : []))
    expect(told.length).toBeGreaterThan(1)
    // One at the beginning, one after the end.
    expect(told.length).toBeLessThanOrEqual(Math.ceil(overMs / 100) + 2)
    expect(told.map((item) => item.available)).toEqual(told.map((item) => item.available).toSorted((a, b) => b - a))
    // The control: there was more to tell.
    expect(booked).toBeGreaterThan(told.length)
    await client.end()
  })
})

describe('a hold that lapses without a sweep', () => {
  const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1_000)
  /** A scene with holds of a few seconds; of longer ones where the log was behind until they had ended. */
  const inTime = async <Scene>(makeScene: (seconds: number) => Promise<Scene | undefined>): Promise<Scene> => {
    for (let seconds = 1; seconds < 20; seconds *= 2) {
      const scene = await makeScene(seconds)
      if (scene !== undefined) return scene
    }
    throw new Error('The log was behind for longer than any hold lasted.')
  }
  const pending = async (slotId: string) => {
    const { rows } = await server.database.ownerPool.query<{ status: string }>(
      'select status from holdfast.booking where slot_id = $1',
      [slotId],
    )
    return rows.map((row) => row.status)
  }

  test('is reported at that moment: several in sequence on the same slot', async () => {
    const { client, slot, ends } = await inTime(async (seconds) => {
      const { doctor, slot } = await calendar({ capacity: 2 })
      const client = await liveClient(server.url)
      await client.follows([doctor.id])
      const first = inSeconds(seconds)
      const ends = [first, inSeconds(2 * seconds)]
      for (const holdExpiresAt of ends) await aBooking(server.database, slot, { status: 'PENDING', holdExpiresAt })
      const isHeard = await until(
        async () => client.availableOf(slot.id) === 0 || (Date.now() < first.getTime() ? undefined : false),
        () => 'both holds, or the end of the first',
      )
      if (isHeard) return { client, slot, ends }
      await client.end()
      return undefined
    })
    for (const [index, end] of ends.entries()) {
      await client.untilAvailable(slot.id, index + 1, toldWithinMs)
      expect(Date.now()).toBeGreaterThanOrEqual(end.getTime())
    }
    expect(await pending(slot.id)).toEqual(['PENDING', 'PENDING'])
    await client.end()
  })

  test('is reported to a client that subscribed after the hold was created', async () => {
    const { client, slot, holdExpiresAt } = await inTime(async (seconds) => {
      const { doctor, slot } = await calendar()
      const holdExpiresAt = inSeconds(seconds)
      await aBooking(server.database, slot, { status: 'PENDING', holdExpiresAt })
      await untilHeard(server.database, server.url, doctor.id)
      const client = await liveClient(server.url)
      await client.follows([doctor.id])
      if (Date.now() < holdExpiresAt.getTime()) return { client, slot, holdExpiresAt }
      await client.end()
      return undefined
    })
    await client.untilAvailable(slot.id, 1, toldWithinMs)
    expect(Date.now()).toBeGreaterThanOrEqual(holdExpiresAt.getTime())
    expect(await pending(slot.id)).toEqual(['PENDING'])
    // Only what lapsed was told, and once.
    expect(client.heard.filter(({ message }) => message.type === 'slots')).toHaveLength(1)
    await client.end()
  })

  test('is reported to a client that was disconnected meanwhile', async () => {
    const { doctor, slot } = await calendar()
    await aBooking(server.database, slot, { status: 'PENDING' })
    await untilHeard(server.database, server.url, doctor.id)
    const before = await liveClient(server.url)
    const { position } = await before.follows([doctor.id])
    await before.end()
    await lapseHolds(server.database, slot)
    const after = await liveClient(server.url)
    await after.follows([doctor.id], position)
    await after.untilAvailable(slot.id, 1)
    await after.end()
  })
})

describe('changes of a calendar', () => {
  test('created slots: resync', async () => {
    const { doctor } = await calendar()
    const client = await liveClient(server.url)
    await client.follows([doctor.id])
    await aSlot(server.database, doctor)
    expect(
      await until(
        async () => client.heard.at(1)?.message,
        () => 'resync',
        toldWithinMs,
      ),
    ).toMatchObject({
      type: 'resync',
      doctorIds: [doctor.id],
    })
    await client.end()
  })

  test('a withdrawn slot with bookings: no units are available, and resync', async () => {
    const { doctor, slot } = await calendar({ capacity: 4 })
    await book(server.url, slot)
    await untilHeard(server.database, server.url, doctor.id)
    const client = await liveClient(server.url)
    await client.follows([doctor.id])
    await server.database.ownerPool.query(
      'select holdfast.withdraw_slots($1, $2, null, null, null, true, false, null)',
      [slot.clinicNo, slot.id],
    )
    await client.untilAvailable(slot.id, 0, toldWithinMs)
    expect(await client.hears('resync')).toMatchObject({ doctorIds: [doctor.id] })
    await client.end()
  })
})
