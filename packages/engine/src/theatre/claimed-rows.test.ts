import { plantFunction, type TestDatabase } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import sql from 'sql-template-tag'
import { describe, expect } from 'vitest'
import { callClaimCases, somePlaces } from '../../test/claim-batch.ts'
import { aCase, aTheatre, soonAt } from '../../test/theatre.ts'
import { slotOf } from '../../test/theatre-transaction.ts'

// What a batch writes that depends on the clock, so that it cannot be compared with what single claims write.

type Row = { status: string; heldFor: number | null; eventHeldFor: number | null; isNextLapse: boolean }

/** Two holds and a confirmed case, claimed together in a clinic whose holds last 300 s. */
async function heldTogether(database: TestDatabase): Promise<Row[]> {
  const scene = await aTheatre(database, { settings: { holdSeconds: 300 } })
  const places = await somePlaces(database, scene, 3)
  // Nothing of the slots is held but what is claimed now.
  await database.ownerPool.query('update holdfast.slot set next_lapse = null where clinic_no = $1', [scene.clinic.no])
  const requests = places.map((place, n) => aCase(place, { confirm: n === 1 }))
  const found = await callClaimCases(database.appPool, scene, requests)
  const { rows } = await database.ownerPool.query<Row & { id: string; holdExpiresAt: Date | null }>(
    `select b.id, b.status, extract(epoch from b.hold_expires_at - b.created_at)::float as "heldFor",
            extract(epoch from e.hold_expires_at - e.at)::float as "eventHeldFor",
            s.next_lapse is not distinct from b.hold_expires_at as "isNextLapse", b.hold_expires_at as "holdExpiresAt"
       from holdfast.booking b
       join holdfast.booking_event e on e.clinic_no = b.clinic_no and e.booking_id = b.id
       join holdfast.slot s on s.clinic_no = b.clinic_no and s.id = b.slot_id
      where b.id = any ($1) order by array_position($1, b.id)`,
    [requests.map(({ caseId }) => caseId)],
  )
  const returned = found.map(({ cases }) => cases?.[0]?.holdExpiresAt ?? null)
  expect(returned.map((at) => (at === null ? null : new Date(at).getTime()))).toEqual(
    rows.map(({ holdExpiresAt }) => holdExpiresAt?.getTime() ?? null),
  )
  return rows.map(({ id: _id, holdExpiresAt: _at, ...row }) => row)
}

const hold = { status: 'PENDING', heldFor: 300, eventHeldFor: 300, isNextLapse: true }
const confirmed = { status: 'CONFIRMED', heldFor: null, eventHeldFor: null, isNextLapse: true }
const asItShouldBe = [hold, confirmed, hold]

describe('a hold of a batch lasts as long as the clinic says', () => {
  test('as it should be', async ({ database }) => {
    expect(await heldTogether(database)).toEqual(asItShouldBe)
  })

  test.for([
    {
      bug: 'another length',
      function: 'book_cases',
      part: 'make_interval(secs => p_places[p.no].hold_seconds)',
      becomes: "interval '120 seconds'",
    },
    {
      bug: 'a hold for what is confirmed',
      function: 'book_cases',
      part: "case when not (p.plan->>'confirm')::boolean",
      becomes: "case when not (p_plans[1]->>'confirm')::boolean",
    },
    {
      bug: 'the holds not noted in their slots',
      function: 'take_minutes',
      part: 'next_lapse = least(s.next_lapse, q.hold_until)',
      becomes: 'next_lapse = s.next_lapse',
    },
  ])('negative control: $bug', async ({ function: changed, ...planted }, { database }) => {
    await plantFunction(database, changed, planted)
    expect(await heldTogether(database)).not.toEqual(asItShouldBe)
  })
})

type Slot = { taken: number; nextLapse: Date | null; oldest: Date | null }

/** What is noted in the slot of a room after each of two batches of claims, an hour apart. */
async function noted(database: TestDatabase) {
  const scene = await aTheatre(database)
  const [place, other] = await somePlaces(database, scene, 2)
  if (place === undefined || other === undefined) throw new Error('There are two places.')
  // The database's clock seems to have been ahead when the slots were created.
  await database.ownerPool.query(sql`
    update holdfast.slot set created_at = clock_timestamp() + interval '1 hour', taken = 0, next_lapse = null
     where clinic_no = ${scene.clinic.no}`)
  const claimed: { createdAt: Date; holdExpiresAt: Date; slot: Slot }[] = []
  for (const hour of [6, 9]) {
    const request = aCase(place, { startsAt: soonAt(hour) })
    await callClaimCases(database.appPool, scene, [aCase(other, { startsAt: soonAt(hour) }), request])
    const slot = await slotOf(database, { id: request.caseId })
    const { rows } = await database.ownerPool.query<Slot & { createdAt: Date; holdExpiresAt: Date }>(
      `select s.taken, s.next_lapse as "nextLapse", s.oldest_booking_at as oldest, b.created_at as "createdAt",
              b.hold_expires_at as "holdExpiresAt"
         from holdfast.slot s join holdfast.booking b on b.clinic_no = s.clinic_no and b.slot_id = s.id and b.id = $2
        where s.id = $1`,
      [slot.id, request.caseId],
    )
    claimed.push(...rows.map(({ createdAt, holdExpiresAt, ...of }) => ({ createdAt, holdExpiresAt, slot: of })))
  }
  return claimed
}

/** The slot has the minutes of both, and the first one's times. */
async function expectNoted(database: TestDatabase): Promise<void> {
  const [first, second] = await noted(database)
  const times = { nextLapse: first?.holdExpiresAt, oldest: first?.createdAt }
  expect([first?.slot, second?.slot]).toEqual([
    { taken: 60, ...times },
    { taken: 120, ...times },
  ])
  expect(second?.createdAt).not.toEqual(first?.createdAt)
}

describe('a slot has the end of its first hold, and the time of its oldest booking, though a batch adds to it', () => {
  test('as it should be', async ({ database }) => {
    await expectNoted(database)
  })

  test.for([
    {
      bug: 'the end of the newest hold',
      part: 'next_lapse = least(s.next_lapse, q.hold_until)',
      becomes: 'next_lapse = coalesce(q.hold_until, s.next_lapse)',
    },
    {
      bug: 'the oldest booking not noted',
      part: 'oldest_booking_of(s.oldest_booking_at, s.created_at, q.created_at)',
      becomes: 's.oldest_booking_at',
    },
    {
      bug: 'the newest booking noted',
      part: 'oldest_booking_of(s.oldest_booking_at, s.created_at, q.created_at)',
      becomes: 'q.created_at',
    },
    { bug: 'the minutes of the newest', part: 'taken = s.taken + q.minutes', becomes: 'taken = q.minutes' },
  ])('negative control: $bug', async ({ bug: _bug, ...planted }, { database }) => {
    await plantFunction(database, 'take_minutes', planted)
    await expect(expectNoted(database)).rejects.toThrow()
  })
})
