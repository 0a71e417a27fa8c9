import { anOfferMessage, lapseHolds, type OfferMessageOverrides } from '@holdfast/testkit'
import { expect } from 'vitest'
import { test } from '../../test/waitlist.ts'

test('who lets three offers lapse waits no longer', async ({ database, engine, full, wait, settle }) => {
  const entry = await wait()
  for (let missed = 1; missed <= 3; missed += 1) {
    const { slot, booking } = await full()
    await settle(booking, 'cancel')
    await anOfferMessage(database, entry)
    await lapseHolds(database, slot)
    await database.appPool.query('select holdfast.expire_holds(100)')
    expect(await engine.waitlist.entry(entry.id)).toMatchObject({ missed })
  }
  expect(await engine.waitlist.entry(entry.id)).toMatchObject({ status: 'ended', endReason: 'unanswered' })
})

const messages: { what: string; message: OfferMessageOverrides | null; missed: number }[] = [
  { what: 'is not planned', message: null, missed: 0 },
  { what: 'waits for another attempt', message: { state: 'due' }, missed: 0 },
  { what: 'came too late', message: { state: 'skipped' }, missed: 0 },
  { what: 'is only kept', message: { state: 'kept' }, missed: 0 },
  { what: 'was refused', message: { state: 'failed', failure: 'address_refused' }, missed: 0 },
  {
    what: 'came back',
    message: { state: 'failed', failure: 'address_refused', mayHaveArrived: true },
    missed: 0,
  },
  { what: 'was sent', message: { state: 'sent' }, missed: 1 },
  { what: 'may have arrived', message: { state: 'due', mayHaveArrived: true }, missed: 1 },
  { what: 'had no reply', message: { state: 'failed', failure: 'unknown', mayHaveArrived: true }, missed: 1 },
]
test.for(messages)(
  'an offer that lapses, and whose message $what, adds $missed to the missed ones',
  async ({ message, missed }, { database, engine, full, wait, settle, offerOf }) => {
    const { slot, booking } = await full()
    const [first, second] = [await wait(), await wait()]
    await settle(booking, 'cancel')
    if (message !== null) await anOfferMessage(database, first, message)
    for (const who of [first, second]) {
      expect(await offerOf(who)).toMatchObject({ slotId: slot.id })
      await lapseHolds(database, slot)
      await database.appPool.query('select holdfast.expire_holds(100)')
    }
    // Whether or not it counts, nobody is offered the same place again, so it is public in the end.
    expect((await engine.reads.slot(slot.id))?.available).toBe(1)
    expect(await engine.waitlist.entry(first.id)).toMatchObject({ status: 'waiting', missed, position: missed + 1 })
    // Another place goes to the entry that is first now.
    const other = await full()
    await settle(other.booking, 'cancel')
    expect(await offerOf(missed === 0 ? first : second)).toMatchObject({ slotId: other.slot.id })
  },
)

test('three offers without a notice do not end an entry', async ({ database, engine, full, wait, settle }) => {
  const entry = await wait()
  for (let n = 1; n <= 3; n += 1) {
    const { slot, booking } = await full()
    await settle(booking, 'cancel')
    await lapseHolds(database, slot)
    await database.appPool.query('select holdfast.expire_holds(100)')
  }
  expect(await engine.waitlist.offersOf(entry.id)).toMatchObject(Array(3).fill({ outcome: 'lapsed' }))
  expect(await engine.waitlist.entry(entry.id)).toMatchObject({ status: 'waiting', missed: 0, position: 1 })
})
