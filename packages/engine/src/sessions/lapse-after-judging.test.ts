import {
  aClinic,
  aDoctor,
  aSession,
  aTimeClaim,
  aVisitResource,
  aVisitType,
  type BuiltClinic,
  ofKind,
  plantFunction,
  type TestDatabase,
} from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { runTimeClaimBatch } from './claim-times.ts'
import { moveToTime } from './move-to-time.ts'

/** A group of a session at minute 0, in the only room, with one hold; and a booking of the type at minute 60. */
async function aGroup(database: TestDatabase) {
  const clinic = await aClinic(database)
  await aVisitResource(database, clinic, { name: 'Room 1' })
  const type = await aVisitType(database, clinic, { rooms: [], capacity: 5 })
  const session = await aSession(database, await aDoctor(database, clinic))
  const claim = async (minute: number, confirm: boolean) => {
    const [result] = await runTimeClaimBatch(database.appPool, [aTimeClaim(session, type, minute, { confirm })])
    return result?.kind === 'completed' ? result.outcome : result
  }
  const later = ofKind(await claim(60, true), 'booked')
  await claim(0, false)
  return { clinic, session, claim, later: later.booking }
}

/**
 * The clinic's holds lapse when somebody who joins a group has been judged: as if their time had ended just then. The
 * transaction that joins has the lock of the slot, and so sets the time itself.
 */
async function lapseOnJoining(database: TestDatabase) {
  const lapse = `
    with held as (update holdfast.booking b set hold_expires_at = clock_timestamp()
                   where b.clinic_no = p_clinic_no and b.status = 'PENDING' returning b.slot_id, b.hold_expires_at)
    update holdfast.slot s set next_lapse = h.hold_expires_at
      from held h where s.clinic_no = p_clinic_no and s.id = h.slot_id;`
  await plantFunction(
    database,
    'group_is_closed',
    { part: ' STABLE', becomes: ' VOLATILE' },
    { part: 'begin\n', becomes: `begin\n${lapse}\n` },
  )
}

/** The slots with a person in them, and whether each takes a room. */
async function roomsTaken({ ownerPool }: TestDatabase, { no }: BuiltClinic) {
  const { rows } = await ownerPool.query<{ has_room: boolean }>(`
    select exists (select from holdfast.allocation a
                    where a.clinic_no = s.clinic_no and a.booking_id = s.id) as has_room
      from holdfast.slot s where s.clinic_no = ${no} and s.taken > 0 order by s.starts_at`)
  return rows.map((row) => row.has_room)
}

async function join(database: TestDatabase, by: 'claim' | 'move') {
  const { clinic, session, claim, later } = await aGroup(database)
  if (by === 'claim') {
    expect(await claim(0, true)).toMatchObject({ kind: 'booked' })
  } else {
    const request = { bookingId: later.id, sessionId: session.id, startsAt: session.startsAt, visitTypeId: null }
    const result = await moveToTime(database.appPool, { ...request, actorId: null, onBehalf: true })
    expect(result).toMatchObject({ outcome: { kind: 'done' } })
  }
  return await roomsTaken(database, clinic)
}

test('a group keeps its room if its only hold lapses while somebody joins it', async ({ database }) => {
  await lapseOnJoining(database)
  expect(await join(database, 'claim')).toEqual([true, true])
  expect(await join(database, 'move')).toEqual([true])
})

test('control: without the rule the group loses its room', async ({ database }) => {
  await lapseOnJoining(database)
  await plantFunction(database, 'claim_slots', { part: / and not p_is_judged/g, becomes: '' })
  expect(await join(database, 'claim')).toEqual([false, true])
  await plantFunction(database, 'move_bookings', { part: ' and not p_is_judged', becomes: '' })
  expect(await join(database, 'move')).toEqual([false])
})
