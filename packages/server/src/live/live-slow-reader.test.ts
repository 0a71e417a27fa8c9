import { createWaker, newId } from '@holdfast/engine'
import { aClinic, aDoctor, type BuiltDoctor } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { afterEach, describe, expect, test } from 'vitest'
import { type LiveApp, liveApp } from '../../test/live-app.ts'
import { untilCaughtUp } from '../../test/live-calendar.ts'
import { type LiveClient, liveClient } from '../../test/live-client.ts'

let app: LiveApp
afterEach(() => app.stop())

const slotsMax = 1_000
const roundsMax = 1_000
const messageBytesMax = 100_000

/**
 * A doctor whose slots all change at once, so that messages are large, with a subscriber who reads and one who doesn't.
 */
async function aScene(settings: Parameters<typeof liveApp>[0]) {
  app = await liveApp({ messageMs: 1, readMs: 1, isOnUnixSocket: true, ...settings })
  const doctor = await aDoctor(app.database, await aClinic(app.database))
  const slotIds = Array.from({ length: slotsMax }, () => newId(doctor.clinicNo))
  await app.database.ownerPool.query(sql`
    insert into holdfast.slot (clinic_no, id, resource_id, starts_at, ends_at, capacity)
     select ${doctor.clinicNo}, s.id, ${doctor.id}, now() + interval '1 day' + s.n * interval '1 minute',
       now() + interval '1 day' + (s.n + 1) * interval '1 minute', 10000
       from unnest(${slotIds}::uuid[]) with ordinality s(id, n)`)
  await untilCaughtUp(app.database, app.url, doctor.id)
  const [reader, sleeper] = [await liveClient(app.url), await liveClient(app.url)]
  await reader.subscribe([doctor.id])
  await sleeper.subscribe([doctor.id])
  const bookingIds = slotIds.map(() => newId(doctor.clinicNo))
  let round = 0
  const next = async () => {
    round += 1
    await changeAll(doctor, slotIds, bookingIds, round)
    await untilRound(reader, slotIds, round)
    // Received messages are not needed again.
    reader.received.length = 0
  }
  return { reader, sleeper, slotIds, next, round: () => round }
}

async function changeAll(doctor: BuiltDoctor, slotIds: string[], bookingIds: string[], round: number): Promise<void> {
  await app.database.ownerPool.query(
    `with changed as (update holdfast.slot set taken = $5 where clinic_no = $1 and id = any ($3::uuid[]))
     insert into holdfast.booking_event (clinic_no, booking_id, version, at, type, slot_id, resource_id, units)
     select $1, b.id, $5, clock_timestamp(), 'confirmed', b.slot_id, $2, 1
       from unnest($4::uuid[], $3::uuid[]) b(id, slot_id)`,
    [doctor.clinicNo, doctor.id, slotIds, bookingIds, round],
  )
  createWaker(app.database.ownerPool).wakeOthers()
}

async function untilRound(client: LiveClient, slotIds: string[], round: number): Promise<void> {
  const last = slotIds.at(-1) ?? ''
  await client.untilAvailable(last, 10_000 - round, 45_000)
}

describe('a client that stops reading', () => {
  test('gets no messages until it reads, then a resync; memory is bounded and others are notified', async () => {
    const bufferedBytesMax = 50_000
    const { reader, sleeper, slotIds, next, round } = await aScene({ bufferedBytesMax })
    sleeper.socket.pause()
    let bufferedMax = 0
    while (app.hub.figures.dropped < 5 && round() < roundsMax) {
      await next()
      bufferedMax = Math.max(bufferedMax, app.hub.bufferedBytes)
    }
    expect(app.hub.figures.dropped).toBe(5)
    expect(bufferedMax).toBeLessThan(bufferedBytesMax + messageBytesMax)

    sleeper.socket.resume()
    expect(await sleeper.waitFor('resync')).toMatchObject({ doctorIds: [expect.any(String)] })
    // It has missed changes, and receives messages again from here on.
    expect(sleeper.availableOf(slotIds[0] ?? '')).toBeGreaterThan(10_000 - round())
    await next()
    await untilRound(sleeper, slotIds, round())
    await Promise.all([reader.end(), sleeper.end()])
  })

  test('the control: without the limit, unread messages accumulate', async () => {
    const { reader, sleeper, next, round } = await aScene({ bufferedBytesMax: Number.MAX_SAFE_INTEGER })
    sleeper.socket.pause()
    while (app.hub.bufferedBytes < 10 * messageBytesMax && round() < roundsMax) await next()
    expect(app.hub.bufferedBytes).toBeGreaterThan(9 * messageBytesMax)
    expect(app.hub.figures.dropped).toBe(0)
    sleeper.socket.terminate()
    await reader.end()
  })

  test('is disconnected when it takes too long', async () => {
    const { reader, sleeper, next, round } = await aScene({ bufferedBytesMax: 50_000, behindMsMax: 300 })
    sleeper.socket.pause()
    // It falls behind, and stays behind while there are more changes.
    while (app.hub.figures.connections.socket > 1 && round() < roundsMax) await next()
    expect(app.hub.figures.connections.socket).toBe(1)
    expect(app.hub.bufferedBytes).toBe(0)
    await next()
    sleeper.socket.terminate()
    await reader.end()
  })
})
