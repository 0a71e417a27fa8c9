import { createEngine } from '@holdfast/engine'
import { aClaim, aClinic, aDoctor, aSlot } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { describe, expect } from 'vitest'
import { bookableTime } from './bookable-time.ts'

const minuteMs = 60_000
const dayMs = 86_400_000
const timezone = 'UTC'

describe('when a slot can be booked', () => {
  const startsAtMs = Date.UTC(2026, 10, 23, 9)
  test('without a notice until it starts; with one until the notice has begun; from the horizon on', () => {
    expect(bookableTime(startsAtMs, { timezone, minimumNoticeMinutes: 0, bookingHorizonDays: 2 })).toEqual({
      fromMs: startsAtMs - 2 * dayMs,
      untilMs: startsAtMs,
    })
    expect(bookableTime(startsAtMs, { timezone, minimumNoticeMinutes: 90, bookingHorizonDays: 2 })).toEqual({
      fromMs: startsAtMs - 2 * dayMs,
      untilMs: startsAtMs - 90 * minuteMs + 1,
    })
  })

  test('the same as claims decide', async ({ database }) => {
    const engine = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
    for (const [minimumNoticeMinutes, bookingHorizonDays] of [
      [0, 1],
      [60, 1],
      [60, 2],
      [1_500, 1],
    ] as const) {
      const rules = { timezone, minimumNoticeMinutes, bookingHorizonDays }
      const clinic = await aClinic(database, { settings: { minimumNoticeMinutes, bookingHorizonDays } })
      for (const minutes of [-2, 2, 58, 62, 1_438, 1_442, 1_498, 1_502, 2_878, 2_882]) {
        const startsAt = new Date(Date.now() + minutes * minuteMs)
        const slot = await aSlot(database, await aDoctor(database, clinic), { startsAt })
        const { fromMs, untilMs } = bookableTime(startsAt.getTime(), rules)
        const nowMs = Date.now()
        const { kind } = await engine.claim(aClaim(slot))
        expect(kind, `${minutes} minutes, ${JSON.stringify(rules)}`).toBe(
          nowMs >= fromMs && nowMs < untilMs ? 'booked' : 'slot_closed',
        )
      }
    }
    await engine.stop()
  })
})
