import { aSession, aTimeClaim, aVisitType, type TestDatabase } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import type pg from 'pg'
import { expect } from 'vitest'
import { engineOf } from '../../test/engine-of.ts'
import { aRequestScene } from '../../test/requests.ts'
import type { Booking } from '../model/booking.ts'
import { withTimeFree } from './free-requested-times.ts'

const minuteMs = 60_000

/** Requests for a dozen times of two days, of two visit types, of which some times are booked. */
async function aPage(database: TestDatabase) {
  const engine = engineOf(database)
  const scene = await aRequestScene(database, engine, undefined, { approval: 'not_holding', minutes: 20 })
  const { clinic, doctor, session, type } = scene
  const other = await aVisitType(database, clinic, { approval: 'not_holding', approvalMinutes: 60, minutes: 30 })
  const startsAt = new Date(session.startsAt.getTime() + 86_400_000)
  const tomorrow = await aSession(database, doctor, { startsAt, minutes: 180 })
  const bookings: Booking[] = []
  for (const on of [session, tomorrow])
    for (const of of [type, other])
      for (const minute of [0, 60, 120]) {
        const patient = { name: 'P', email: `p${bookings.length}@example.org` }
        const claimed = await engine.claimTime(aTimeClaim(on, of, minute, { patient }))
        if (claimed.kind !== 'booked') throw new Error(claimed.kind)
        const asked = await scene.change(claimed.booking.id, 'confirm', false)
        if (asked.kind !== 'done') throw new Error(asked.kind)
        bookings.push(asked.booking)
      }
  // The desk books one of these times, and on the other day the 20 minutes until the middle of another one.
  await scene.bookByDesk(60)
  await engine.claimTime(aTimeClaim(tomorrow, type, 130, { confirm: true, actorId: clinic.id }))
  return { bookings, clinic, first: session.startsAt, second: startsAt }
}

test('each request says whether its time is free, by one look at each day and visit type', async ({ database }) => {
  const { bookings, clinic, first, second } = await aPage(database)
  const client = await database.ownerPool.connect()
  try {
    await client.query('begin')
    await client.query(`set local track_functions = 'all'`)
    const listed = await withTimeFree(client as unknown as pg.Pool, clinic.no, bookings)
    const { rows } = await client.query(
      `select calls::integer from pg_stat_xact_user_functions where funcname = 'times_of_clinic'`,
    )
    expect(rows).toEqual([{ calls: 4 }])
    const taken = listed.flatMap(({ isTimeFree, startsAt }) => (isTimeFree === false ? [startsAt.getTime()] : []))
    const at = (day: Date, minute: number) => day.getTime() + minute * minuteMs
    expect(taken).toEqual([at(first, 60), at(first, 60), at(second, 120), at(second, 120)])
    expect(listed.filter(({ isTimeFree }) => isTimeFree === true)).toHaveLength(8)
  } finally {
    await client.query('rollback')
    client.release()
  }
})
