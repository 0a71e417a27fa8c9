import { newId } from '@holdfast/engine'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { slotBody } from '../rest/responses/bodies/slot-body.ts'
import { SlotJson } from './slot-json.ts'

/** Any time, and those at whole minutes and around midnight and the year's end. */
const times = fc.oneof(
  fc.date({ noInvalidDate: true }).map((date) => date.getTime()),
  fc.integer({ min: -100, max: 30_000_000 }).map((minute) => minute * 60_000),
  fc.integer({ min: -2, max: 2 }).map((ms) => Date.UTC(2027, 0, 1) + ms),
)
const units = fc.oneof(fc.nat(2), fc.integer({ min: -1, max: 1_000_000 }))
const slots = fc.array(fc.record({ startsAtMs: times, endsAtMs: times, capacity: units, available: units }))

test('the items of slots are byte for byte those of JSON.stringify', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 0xffffff }), slots, (clinicNo, all) => {
      const doctorId = newId(clinicNo)
      const json = new SlotJson(doctorId)
      const items: string[] = []
      const bodies = all.map(({ startsAtMs, endsAtMs, capacity, available }) => {
        const id = newId(clinicNo)
        items.push(json.item(id, startsAtMs, endsAtMs, capacity, available))
        const [startsAt, endsAt] = [new Date(startsAtMs), new Date(endsAtMs)]
        return slotBody({ id, doctorId, startsAt, endsAt, capacity, available })
      })
      expect(`[${items.join(',')}]`).toBe(JSON.stringify(bodies))
    }),
  )
})
