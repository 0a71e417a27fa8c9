import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClinic,
  aDoctor,
  aSlot,
  type BuiltDoctor,
  type BuiltSlot,
  holdLock,
  lapseHolds,
  until,
} from '@holdfast/testkit'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { liveClient } from '../../test/live-client.ts'
import { call, type RunningServer, runningServer, serverOn } from '../../test/running-server.ts'

vi.setConfig({ testTimeout: 60_000 })

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

async function aCalendar(capacity = 1): Promise<{ doctor: BuiltDoctor; slot: BuiltSlot }> {
  const doctor = await aDoctor(server.database, await aClinic(server.database))
  const slot = await aSlot(server.database, doctor, { capacity })
  // Its own making is no news.
  await until(
    async () => {
      const client = await liveClient(server.url)
      const { position } = await client.follows([doctor.id])
      await client.end()
      const { rows } = await server.database.ownerPool.query<{ told: boolean }>(
        'select max(xid) <= $1::text::xid8 as told from holdfast.directory_change where resource_id = $2',
        [position, doctor.id],
      )
      return rows[0]?.told ? true : undefined
    },
    () => 'the tail past the making of the slot',
    30_000,
  )
  return { doctor, slot }
}

async function book(slot: BuiltSlot, { url = server.url, confirm = true } = {}) {
  const answer = await call(`${url}/api/v1/bookings`, {
    method: 'POST',
    body: { slotId: slot.id, patient: { name: 'P' }, confirm },
    headers: { 'idempotency-key': randomUUID() },
  })
  if (answer.status !== 201) throw new Error(`not booked: ${answer.text}`)
  return { ...(answer.body as { id: string; manageToken: string }), position: answer.headers.get('holdfast-position') }
}

describe('a follower', () => {
  test('hears of a booking made by another process', async () => {
    const { doctor, slot } = await aCalendar(3)
    const client = await liveClient(server.url)
    expect(await client.follows([doctor.id])).toMatchObject({ doctorIds: [doctor.id], position: /^\d+$/ })
    const { position } = await book(slot, { url: other.url })
    const message = await client.hears('slots')
    expect(message).toMatchObject({ doctorId: doctor.id, items: [{ id: slot.id, available: 2 }] })
    // The position is of the kind that writes answer: this one has been told.
    expect(BigInt(message.position)).toBeGreaterThanOrEqual(BigInt(position ?? 0))
    await client.end()
  })
})
