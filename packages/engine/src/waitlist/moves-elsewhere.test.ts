import { aBooking, aDoctor, aMove, aSlot, type BuiltBooking, type BuiltSlot } from '@holdfast/testkit'
import { expect } from 'vitest'
import { callsOf, countCalls } from '../../test/count-calls.ts'
import { freshTest, test } from '../../test/waitlist.ts'
import { runMoveBatch } from '../bookings/move-batch.ts'

const moveOf = ([booking, slot]: readonly [BuiltBooking, BuiltSlot]) => aMove(booking.id, slot.id)

test.for([
  { what: 'a doctor', overrides: {} },
  { what: 'a specialization', overrides: { specialization: 'General practice' } },
])(
  'who waits for $what is offered the place that moves of one batch leave last',
  async ({ overrides }, { database, doctor, full, wait, offerOf }) => {
    const clinic = { no: doctor.clinicNo, id: doctor.clinicId, timezone: 'UTC' }
    const elsewhere = await aDoctor(database, clinic, { specialization: 'Urology' })
    const outside = await aSlot(database, elsewhere, { capacity: 2 })
    const [first, last] = [await full(), await full()]
    const free = await aSlot(database, doctor)
    const returning = await aBooking(database, outside)
    const entry = await wait(overrides)
    // Free are `free`, then also `first`, again `free`, and then `last`.
    const moves = [
      [first.booking, outside],
      [returning, first.slot],
      [last.booking, free],
    ] as const
    const results = await runMoveBatch(database.appPool, moves.map(moveOf))
    expect(results).toMatchObject(Array(3).fill({ outcome: { kind: 'done' } }))
    expect(await offerOf(entry)).toMatchObject({ slotId: last.slot.id })
  },
)

test.for([
  { what: 'others are left', capacity: 5 },
  { what: 'the one that an earlier move left is', capacity: 2 },
])(
  'who waits for a specialization is offered nothing by moves of one batch if of its free places $what',
  async ({ capacity }, { database, doctor, full, wait, offerOf }) => {
    const [first, last] = [await full(), await full()]
    const wide = await aSlot(database, doctor, { capacity })
    const entry = await wait({ specialization: 'General practice' })
    const moves = [first, last].map(({ booking }) => moveOf([booking, wide]))
    const results = await runMoveBatch(database.appPool, moves)
    expect(results).toMatchObject(Array(2).fill({ outcome: { kind: 'done' } }))
    expect(await offerOf(entry)).toBeNull()
  },
)

test.for([
  { who: 'is offered it when a second place of it is left', urgency: 0, offered: 0 },
  { who: 'is offered the next place if others got it', urgency: 2, offered: 1 },
])(
  'who waits while a slot of one free place can be booked $who by moves of one batch',
  async ({ urgency, offered }, { database, doctor, wait, offerOf }) => {
    const clinic = { no: doctor.clinicNo, id: doctor.clinicId, timezone: 'UTC' }
    const elsewhere = await aDoctor(database, clinic, { specialization: 'Urology' })
    const outside = await aSlot(database, elsewhere, { capacity: 9 })
    const nine = Math.ceil(Date.now() / 86_400_000) * 86_400_000 + 9 * 3_600_000
    const inDays = (days: number) => ({ startsAt: new Date(nine + days * 86_400_000) })
    const dayOf = ({ startsAt }: BuiltSlot) => startsAt.toISOString().slice(0, 10)
    const [early, half, late] = [
      await aSlot(database, doctor, inDays(1)),
      await aSlot(database, doctor, { ...inDays(3), capacity: 2 }),
      await aSlot(database, doctor, inDays(5)),
    ]
    const bookings = []
    for (const slot of [early, half, late]) bookings.push(await aBooking(database, slot))
    const specialization = 'General practice'
    const entry = await wait({ specialization })
    // The first place is for somebody who fits no other one, the second one of `half` for two people.
    await wait({ specialization, to: dayOf(early) })
    await wait({ specialization, units: 2, urgency })
    const results = await runMoveBatch(
      database.appPool,
      bookings.map((booking) => moveOf([booking, outside])),
    )
    expect(results).toMatchObject(Array(3).fill({ outcome: { kind: 'done' } }))
    expect(await offerOf(entry)).toMatchObject({ slotId: [half, late][offered]?.id })
  },
)

freshTest('moves of one batch read the free places once', async ({ database, doctor, full, wait, offerOf }) => {
  await countCalls(database, 'free_places')
  const clinic = { no: doctor.clinicNo, id: doctor.clinicId, timezone: 'UTC' }
  const target = await aSlot(database, await aDoctor(database, clinic, { specialization: 'Urology' }), { capacity: 9 })
  const specialization = 'General practice'
  const places = [await full(), await full(), await full()]
  const entries = [await wait({ specialization }), await wait({ specialization }), await wait({ specialization })]
  const moves = places.map(({ booking }) => aMove(booking.id, target.id))
  const results = await runMoveBatch(database.appPool, moves)
  expect(results).toMatchObject(Array(3).fill({ outcome: { kind: 'done' } }))
  const offers = []
  for (const entry of entries) offers.push((await offerOf(entry))?.slotId)
  expect(offers).toEqual(places.map(({ slot }) => slot.id))
  expect(await callsOf(database)).toBe(1)
})
