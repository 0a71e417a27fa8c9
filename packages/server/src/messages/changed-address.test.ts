import { randomUUID } from 'node:crypto'
import { aBooking, aClinic, aDoctor, aMember, aSlot, type MailServer, mailServer, until } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { call, type RunningServer, runningServer, signUp } from '../../test/running-server.ts'
import { accountPassword as password, post } from '../../test/second-factor-steps.ts'

// The horizon belongs to the whole server: an open transaction of another test file delays the relay.
const arrivesWithinMs = 90_000
let mails: MailServer
let server: RunningServer

beforeAll(async () => {
  mails = await mailServer()
  server = await runningServer({ HOLDFAST_WORKER: 'on', SMTP_URL: mails.url })
})
afterAll(async () => {
  await server.end()
  await mails.end()
})

const anAddress = () => `${randomUUID()}@example.org`
const link = /\/confirm-email#([\w-]{32})/
const cancelled = /The doctor is ill/

const textsTo = (to: string, text: RegExp) =>
  mails.mails.filter((mail) => mail.recipients.includes(to) && text.test(mail.text ?? '')).map(({ text = '' }) => text)

const arrived = (to: string, text: RegExp) =>
  until(async () => textsTo(to, text)[0], `a mail to ${to}`, arrivesWithinMs)

async function confirm(address: string, bearer: string): Promise<void> {
  const [, token] = link.exec(await arrived(address, link)) ?? []
  expect((await post(server.url, 'verify-email', { token }, bearer)).status).toBe(200)
}

test('after a change, messages about the account’s bookings go to the new address; others do not', async () => {
  const [former, current, other] = [anAddress(), anAddress(), anAddress()]
  const person = await signUp(server.url, former, password)
  await confirm(former, person.token)
  const { database } = server
  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)), { capacity: 4 })
  const booked = (email: string, accountId: string) =>
    aBooking(database, slot, { patient: { name: 'Ada', email }, accountId })
  const own = await booked(former.toUpperCase(), person.id)
  const forRelative = await booked(other, person.id)
  // Somebody else has booked for them.
  const elsewhere = await booked(former, randomUUID())
  const change = { newEmail: current, password }
  expect((await post(server.url, 'change-email', change, person.token)).status).toBe(200)
  await confirm(current, person.token)
  const desk = await signUp(server.url, anAddress(), password)
  await aMember(database, { no: slot.clinicNo }, { role: 'staff', accountId: desk.id })
  for (const { id } of [own, forRelative, elsewhere]) {
    const url = `${server.url}/api/v1/bookings/${id}/cancel`
    const body = { reason: 'The doctor is ill.' }
    expect((await call(url, { method: 'POST', bearer: desk.token, body })).status).toBe(200)
  }
  for (const to of [current, other, former]) await arrived(to, cancelled)
  // The former address has the mail about the booking of somebody else alone.
  expect([current, other, former].map((to) => textsTo(to, cancelled).length)).toEqual([1, 1, 1])
  const maskedOf = async (bookingId: string) => {
    const { rows } = await database.ownerPool.query(sql`select masked_address as masked from holdfast.message
        where booking_id = ${bookingId} and kind = 'cancelled'`)
    return rows
  }
  expect(textsTo(former.toUpperCase(), cancelled)).toEqual([])
  await expect.poll(() => maskedOf(own.id)).toEqual([{ masked: `${current.slice(0, 1)}…@example.org` }])
})
