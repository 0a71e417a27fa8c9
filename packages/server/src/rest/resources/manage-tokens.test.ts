import { randomUUID } from 'node:crypto'
import { aBooking, aClinic, aDoctor, aSlot, type BuiltBooking, type TestDatabase } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import type { CallOptions, RestApp } from '../../../test/rest-app.ts'
import { test } from '../../../test/rest-test.ts'

async function aDesk(database: TestDatabase) {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  return { clinic, doctor, slot: await aSlot(database, doctor, { capacity: 9 }) }
}

const pathOf = ({ id }: BuiltBooking) => ({ bookingId: id })

const statusOf = async (rest: RestApp, booking: BuiltBooking, who: Pick<CallOptions, 'as' | 'token'>) =>
  (await rest.call('getBooking', { path: pathOf(booking), ...who })).status

const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000)

test('a manage token works until a day after the visit', async ({ database, rest }) => {
  const { doctor } = await aDesk(database)
  for (const [endedHoursAgo, status] of [
    [23, 200],
    [25, 404],
  ] as const) {
    const startsAt = hoursAgo(endedHoursAgo + 1)
    const booking = await aBooking(database, await aSlot(database, doctor, { startsAt, minutes: 60 }))
    expect(await statusOf(rest, booking, { token: rest.manageTokens.issue(booking.id) })).toBe(status)
  }
})

test('and until a day after the booking was cancelled or its hold ended', async ({ database, rest }) => {
  const { slot } = await aDesk(database)
  for (const state of ['CANCELLED', 'hold_expired', 'PENDING'] as const) {
    const booking = await aBooking(database, slot, { status: state })
    const token = rest.manageTokens.issue(booking.id)
    expect(await statusOf(rest, booking, { token }), state).toBe(200)
    await database.ownerPool.query(sql`update holdfast.booking set updated_at = updated_at - interval '25 hours',
        hold_expires_at = hold_expires_at - interval '25 hours' where id = ${booking.id}`)
    expect(await statusOf(rest, booking, { token }), state).toBe(404)
    const account = rest.anAccount()
    const link = { path: pathOf(booking), body: { manageToken: token }, as: account }
    expect((await rest.call('linkBooking', link)).problem.code).toBe('booking_not_found')
  }
})

test('a renewed token voids the one before, and a third that before it', async ({ database, rest }) => {
  const { slot } = await aDesk(database)
  const booking = await aBooking(database, slot)
  const tokens = [rest.manageTokens.issue(booking.id)]
  for (let times = 0; times < 2; times += 1) {
    const renewed = await rest.call('renewManageToken', { path: pathOf(booking), token: tokens.at(-1) ?? '' })
    tokens.push(renewed.body.manageToken)
  }
  const statuses = []
  for (const token of tokens) statuses.push(await statusOf(rest, booking, { token }))
  expect(statuses).toEqual([404, 404, 200])
  expect(new Set(tokens).size).toBe(3)
})

test('a retry of a renewal gets the same token; the voided one is good for nothing', async ({ database, rest }) => {
  const { slot } = await aDesk(database)
  const booking = await aBooking(database, slot)
  const token = rest.manageTokens.issue(booking.id)
  const renew = (key: string) => rest.call('renewManageToken', { path: pathOf(booking), token, key })
  const key = randomUUID()
  const first = await renew(key)
  const second = await renew(key)
  expect(second.body).toEqual(first.body)
  expect((await renew(randomUUID())).problem.code).toBe('booking_not_found')
  expect(await statusOf(rest, booking, { token })).toBe(404)
  expect(await statusOf(rest, booking, { token: first.body.manageToken })).toBe(200)
  const { rows } = await database.ownerPool.query<{ row: string }>(`select to_jsonb(a)::text as row
      from holdfast.answer a`)
  expect(rows.map(({ row }) => row).join()).not.toContain(first.body.manageToken)
})

test('a renewal can be retried for ten minutes; retries do not prolong them', async ({ database, rest }) => {
  const { slot } = await aDesk(database)
  const booking = await aBooking(database, slot)
  const token = rest.manageTokens.issue(booking.id)
  const key = randomUUID()
  const renew = (sent: string) => rest.call('renewManageToken', { path: pathOf(booking), token: sent, key })
  const minutesLater = (minutes: number) =>
    database.ownerPool.query(sql`update holdfast.manage_token
        set renewed_at = renewed_at - make_interval(mins => ${minutes}) where booking_id = ${booking.id}`)
  const first = await renew(token)
  await minutesLater(9)
  expect((await renew(token)).body).toEqual(first.body)
  await minutesLater(2)
  expect((await renew(token)).problem.code).toBe('booking_not_found')
  // By then, the valid token gets another one, also with the same key.
  const later = await renew(first.body.manageToken)
  expect(later.body.manageToken).not.toBe(first.body.manageToken)
  expect(await statusOf(rest, booking, { token: first.body.manageToken })).toBe(404)
})

test('a voided token is not valid again with a key that can be guessed', async ({ database, rest }) => {
  const { slot } = await aDesk(database)
  const guessable = ['my key', '1', '00000000-0000-4000-8000-000000000001', 'renew-2026-11-21-for-ada', null]
  for (const fixed of guessable) {
    const booking = await aBooking(database, slot)
    const key = fixed ?? `renew ${booking.id.toUpperCase()}`
    const token = rest.manageTokens.issue(booking.id)
    const renew = (sent: string) => rest.call('renewManageToken', { path: pathOf(booking), token: sent, key })
    const renewed = await renew(token)
    expect((await renew(token)).problem.code, key).toBe('booking_not_found')
    expect(await statusOf(rest, booking, { token: renewed.body.manageToken }), key).toBe(200)
  }
})

test('the booking’s account gets a token to pass on; the clinic’s people get none', async ({ database, rest }) => {
  const { clinic, slot } = await aDesk(database)
  const owner = rest.anAccount()
  const booking = await aBooking(database, slot, { accountId: owner.id })
  const renewed = await rest.call('renewManageToken', { path: pathOf(booking), as: owner })
  expect(await statusOf(rest, booking, { token: renewed.body.manageToken })).toBe(200)
  for (const as of [await rest.aMember(clinic.no, 'admin'), rest.anAccount({ siteAdministrator: true })]) {
    const { problem } = await rest.call('renewManageToken', { path: pathOf(booking), as })
    expect(problem).toMatchObject({ status: 403, code: 'forbidden' })
  }
})

test('a token of a booking that was created with an account is bound to that account', async ({ database, rest }) => {
  const { slot } = await aDesk(database)
  const owner = rest.anAccount()
  const body = { slotId: slot.id, patient: { name: 'Ada' } }
  const created = await rest.call('createBooking', { body, as: owner })
  const path = { bookingId: created.body.id }
  expect((await rest.call('getBooking', { path, token: created.body.manageToken })).status).toBe(200)
  const guests = rest.manageTokens.issue(created.body.id)
  expect((await rest.call('getBooking', { path, token: guests })).problem.status).toBe(404)
})
