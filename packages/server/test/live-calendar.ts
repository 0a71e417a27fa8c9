import { randomUUID } from 'node:crypto'
import { parsePosition } from '@holdfast/contract/position'
import { aClinic, aDoctor, aSlot, type BuiltDoctor, type BuiltSlot, type TestDatabase, until } from '@holdfast/testkit'
import { liveClient } from './live-client.ts'
import { call } from './running-server.ts'

export type Calendar = { doctor: BuiltDoctor; slots: BuiltSlot[]; slot: BuiltSlot }

/** A doctor with slots. The tails of the servers at these URLs have already read their creation. */
export async function aCalendar(
  database: TestDatabase,
  urls: string[],
  { capacity = 1, slots: count = 1 } = {},
): Promise<Calendar> {
  const doctor = await aDoctor(database, await aClinic(database))
  const slots: BuiltSlot[] = []
  for (let n = 0; n < count; n += 1) slots.push(await aSlot(database, doctor, { capacity }))
  for (const url of urls) await untilCaughtUp(database, url, doctor.id)
  const [slot] = slots
  if (slot === undefined) throw new Error('A calendar has a slot.')
  return { doctor, slots, slot }
}

/** Waits until the server's tail has read everything committed so far. An open transaction elsewhere may delay it. */
export async function untilCaughtUp(database: TestDatabase, url: string, doctorId: string): Promise<void> {
  const { rows } = await database.ownerPool.query<{ xid: string }>('select pg_current_xact_id()::text as xid')
  await until(
    async () => {
      const client = await liveClient(url)
      const { position } = await client.subscribe([doctorId])
      await client.end()
      return transactionOf(position) >= BigInt(rows[0]?.xid ?? 0)
    },
    () => `the tail past transaction ${rows[0]?.xid}`,
  )
}

/** The transaction of a position, comparable while the log stays in one epoch. */
export function transactionOf(position: string): bigint {
  const parsed = parsePosition(position)
  if (parsed === null) throw new Error(`${JSON.stringify(position)} is no position.`)
  return parsed.transaction
}

/** Books one unit over HTTP. */
export async function book(url: string, slot: { id: string }, { confirm = true } = {}) {
  const response = await call(`${url}/api/v1/bookings`, {
    method: 'POST',
    body: { slotId: slot.id, patient: { name: 'P' }, confirm },
    headers: { 'idempotency-key': randomUUID() },
  })
  if (response.status !== 201) throw new Error(`not booked: ${response.text}`)
  const { id, manageToken } = response.body as { id: string; manageToken: string }
  const positionText = response.headers.get('holdfast-position') ?? ''
  return { id, manageToken, positionText, position: transactionOf(positionText) }
}

export async function cancel(url: string, booking: { id: string; manageToken: string }): Promise<void> {
  const response = await call(`${url}/api/v1/bookings/${booking.id}/cancel`, {
    method: 'POST',
    bearer: booking.manageToken,
  })
  if (response.status !== 200) throw new Error(`not cancelled: ${response.text}`)
}
