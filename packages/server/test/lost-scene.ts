import { randomUUID } from 'node:crypto'
import { aBooking, aDoctor, aSlot, type BuiltClinic, type TestDatabase } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { createUnsubscribeTokens } from '../src/secrets/confirmation-tokens.ts'
import type { QueryBudget } from './limited-pool.ts'
import { type CallOptions, type RestApp, restAppSecret } from './rest-app.ts'
import { aTheatre, theatreTime } from './theatre-scene.ts'

const dayMs = 86_400_000

/**
 * Does what a request needs to succeed, and returns the request. Without a token, the clinic's admin sends it, unless
 * anyone may; the clinic is in the path.
 */
export type LostOperations = Record<string, (scene: LostScene) => Promise<Omit<CallOptions, 'key'>>>

/** A server whose queries fail when `budget` says so, with a theatre, and appointments. */
export type LostScene = Awaited<ReturnType<typeof aLostScene>>

export async function aLostScene(database: TestDatabase, rest: RestApp, budget: QueryBudget) {
  const theatre = await aTheatre(database, rest)
  return {
    database,
    rest,
    budget,
    theatre,
    ...appointmentsOf(database, rest, theatre.clinic),
    ...deskOf(database, rest, theatre),
    ...timesOf(theatre),
  }
}

/** Returns an hour that no other case of this file takes; the first call for a day books the first case of that day. */
function timesOf({ book }: Awaited<ReturnType<typeof aTheatre>>) {
  const hoursOfDay = 15
  let hours = -1
  const aTime = async () => {
    hours += 1
    const day = Math.floor(hours / hoursOfDay)
    if (hours % hoursOfDay === 0) await book({ startsAt: theatreTime('05:00', day), minutes: 15, confirm: true })
    return theatreTime(`${String(6 + (hours % hoursOfDay)).padStart(2, '0')}:00`, day)
  }
  return { aTime }
}

function appointmentsOf(database: TestDatabase, rest: RestApp, clinic: BuiltClinic) {
  const aVisit = async () => {
    const doctor = await aDoctor(database, clinic)
    const slot = await aSlot(database, doctor, { startsAt: new Date(Date.now() + 3 * dayMs) })
    const booking = await aBooking(database, slot)
    const path = { bookingId: booking.id }
    return { doctor, slot, booking, path, token: rest.manageTokens.issue(booking.id) }
  }
  /** An entry of somebody who waits for a doctor, all of whose times are taken. */
  const anEntry = async () => {
    const { doctor, slot, path, token } = await aVisit()
    const day = slot.startsAt.toISOString().slice(0, 10)
    const patient = { name: 'Grace Hopper', email: `${randomUUID()}@example.org` }
    const body = { clinicId: clinic.id, doctorId: doctor.id, from: day, to: day, patient }
    return { body, cancel: () => rest.call('cancelBooking', { path, token }) }
  }
  /** A guest's hold. */
  const aHold = async () => {
    const slot = await aSlot(database, await aDoctor(database, clinic))
    const { body: booking } = await rest.call('createBooking', { body: { slotId: slot.id } })
    return { path: { bookingId: booking.id }, token: booking.manageToken }
  }
  const aBegunVisit = async (status: 'CONFIRMED' | 'ARRIVED' | 'COMPLETED') => {
    const slot = await aSlot(database, await aDoctor(database, clinic), { startsAt: new Date(Date.now() - 60_000) })
    return { bookingId: (await aBooking(database, slot, { status })).id }
  }
  const unsubscribeTokens = createUnsubscribeTokens([restAppSecret])
  /** What the link of a reminder to this address has. */
  const aReminder = async (email: string) => {
    const slot = await aSlot(database, await aDoctor(database, clinic))
    const { id: bookingId } = await aBooking(database, slot, { patient: { name: 'Ada', email } })
    return { bookingId, token: unsubscribeTokens.issue(bookingId, email) }
  }
  return { aVisit, anEntry, aHold, aBegunVisit, aReminder, unsubscribeTokens }
}

function deskOf(database: TestDatabase, rest: RestApp, { clinic, path, admin }: Awaited<ReturnType<typeof aTheatre>>) {
  let isOn = false
  const aDoctorPath = async () => ({ doctorId: (await aDoctor(database, clinic)).id })
  const aStaffPath = async () => ({ accountId: (await rest.aMember(clinic.no, 'staff')).id })
  const slotOf = async () =>
    aSlot(database, await aDoctor(database, clinic), { startsAt: new Date(Date.now() + 3 * dayMs), capacity: 3 })
  /** A value that is another one each time. */
  const other = () => {
    isOn = !isOn
    return isOn
  }
  /** Three bookings of guests from one place. */
  const aBurst = async () => {
    const slot = await slotOf()
    const burstId = randomUUID()
    for (let n = 0; n < 3; n += 1) {
      const { id } = await aBooking(database, slot)
      await database.ownerPool.query(sql`insert into holdfast.booking_origin (clinic_no, subject, booking_id, kind, at)
          values (${clinic.no}, ${burstId}, ${id}, 'address', now())`)
    }
    return burstId
  }
  const aMessage = async () => {
    const slot = await slotOf()
    const { id } = await aBooking(database, slot)
    await database.ownerPool.query(
      `insert into holdfast.message (clinic_no, id, booking_id, version, slot_id, kind, channel, state, due_at, done_at)
       values ($1, $2, $2, 2, $3, 'confirmed', 'email', 'kept', now(), now())`,
      [clinic.no, id, slot.id],
    )
    return id
  }
  const aWebhook = async () => {
    // Nobody listens there: a test fails at once.
    const body = { url: 'http://127.0.0.1:9/hook', events: ['booking.confirmed'] }
    const { body: webhook } = await rest.call('createWebhook', { path, as: admin, body })
    // A clinic may have few.
    await database.ownerPool.query(sql`delete from holdfast.webhook where clinic_no = ${clinic.no}
        and id <> ${webhook.id}`)
    return { ...path, webhookId: webhook.id }
  }
  const anApiKey = async () => {
    await database.ownerPool.query(sql`delete from holdfast.api_key where clinic_no = ${clinic.no}`)
    const body = { name: 'Laboratory', scopes: ['times:read'] }
    const created = await rest.call('createApiKey', { path, as: admin, body })
    return { ...path, keyId: created.body.id }
  }
  /** A day on which a doctor has a free time. */
  const aClosedDay = async () => {
    const { startsAt, doctorId } = await slotOf()
    const day = startsAt.toISOString().slice(0, 10)
    return { from: day, to: day, doctorId }
  }
  const aClosure = async () => {
    const body = await aClosedDay()
    const { body: closure } = await rest.call('createClosure', { path, as: admin, body })
    return { path: { ...path, closureId: 'id' in closure ? closure.id : '' }, body }
  }
  return { other, aDoctorPath, aStaffPath, aBurst, aMessage, aWebhook, anApiKey, aClosedDay, aClosure }
}
