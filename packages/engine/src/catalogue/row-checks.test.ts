// Completeness: a table accepts a row that contradicts itself
import { test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { newId } from '../model/id.ts'

const statuses = ['PENDING', 'CONFIRMED', 'FAILED', 'CANCELLED', 'ARRIVED', 'NO_SHOW', 'COMPLETED']
const failures = ['hold_expired', 'slot_withdrawn', 'slot_closed', 'system_error']
const releases = ['hold_released', 'bumped']
const reasons = [null, ...failures, ...releases, 'planted']

/** Each status with the failure reasons that a booking in it may have, as text. */
const validReasons: Record<string, (string | null)[]> = {
  ...Object.fromEntries(statuses.map((status) => [status, [null]])),
  FAILED: failures,
  CANCELLED: [null, ...releases],
}

test('a booking has a failure reason of its status, and a hold has an end', async ({ database }) => {
  const { rows } = await database.ownerPool.query<{ status: string; reason: string | null; ends: string | null }>(
    `select status, reason, ends
       from unnest($1::text[]) status, unnest($2::text[]) reason, unnest(array[null, now()]) ends
      where holdfast.booking_is_valid(7, $3, status, reason, 'video', ends)`,
    [[...statuses, 'PLANTED'], reasons, newId(7)],
  )
  const valid = statuses.flatMap((status) =>
    (validReasons[status] ?? []).flatMap((reason) =>
      (status === 'PENDING' ? [true] : [false, true]).map((hasEnd) => `${status} ${reason} ${hasEnd}`),
    ),
  )
  expect(rows.map(({ status, reason, ends }) => `${status} ${reason} ${ends !== null}`).sort()).toEqual(valid.sort())
})

test('a booking is in person, by video or a case', async ({ database }) => {
  const { rows } = await database.ownerPool.query<{ type: string }>(sql`
    select type from unnest(array['in_person', 'video', 'case', 'planted']) type
     where holdfast.booking_is_valid(7, ${newId(7)}, 'CONFIRMED', null, type, null)`)
  expect(rows.map(({ type }) => type)).toEqual(['in_person', 'video', 'case'])
})

const typesWithStatus = [
  ...['linked', 'corrected', 'contact_corrected', 'consent_withdrawn', 'answers_corrected', 'reopened'],
  ...['erased', 'milestone', 'prolonged'],
]
const typesWithout = [
  ...['held', 'offered', 'confirmed', 'extended', 'link_requested', 'moved', 'attendance_confirmed'],
  ...['attendance_withdrawn', 'cancelled', 'failed', 'arrived', 'completed', 'no_show'],
]

test('an event has a status afterwards if its type needs one', async ({ database }) => {
  const { rows } = await database.ownerPool.query<{ type: string; status: string | null }>(
    `select type, status from unnest($1::text[]) type, unnest($2::text[]) status
      where holdfast.booking_event_is_valid(7, $3, type, status, gen_random_uuid(), null)`,
    [[...typesWithStatus, ...typesWithout, 'planted'], [null, ...statuses, 'PLANTED'], newId(7)],
  )
  const valid = [
    ...typesWithout.map((type) => `${type} null`),
    'moved ARRIVED',
    ...typesWithStatus.flatMap((type) =>
      (type === 'reopened' ? ['CONFIRMED', 'ARRIVED'] : statuses).map((status) => `${type} ${status}`),
    ),
  ]
  expect(rows.map(({ type, status }) => `${type} ${status}`).sort()).toEqual(valid.sort())
})

test('a link that is verified says who made it', async ({ database }) => {
  const { rows } = await database.ownerPool.query<{ actor: string | null; digest: string | null }>(sql`
    select actor, digest
      from unnest(array[null, gen_random_uuid()]) actor, unnest('{null,""}'::bytea[]) digest
     where holdfast.booking_event_is_valid(7, ${newId(7)}, 'linked', 'CONFIRMED', actor, digest)`)
  expect(rows.map(({ actor, digest }) => [actor !== null, digest !== null])).toEqual([
    [false, false],
    [true, false],
    [true, true],
  ])
})

test('a booking and its events are of the clinic in its id', async ({ database }) => {
  const { rows } = await database.ownerPool.query<{ no: number }>(
    `select no from unnest($1::integer[]) no
      where holdfast.booking_is_valid(no, $2, 'CONFIRMED', null, 'video', null)
         or holdfast.booking_event_is_valid(no, $2, 'confirmed', null, null, null)`,
    [[0xabcdee, 0xabcdef, 0xabcdff], newId(0xabcdef)],
  )
  expect(rows).toEqual([{ no: 0xabcdef }])
})
