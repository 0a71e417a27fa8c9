import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Appointment } from './appointment.ts'
import { type CapacityFactor, parseCapacityFactor, unitsFor } from './capacity-factor.ts'
import { firstDayOf, planReplay, type ReplayPlan, replayTimeZone, slotsOfDay, weeksToMove } from './plan-replay.ts'

const today = Temporal.PlainDate.from('2026-11-20')

function factorOf(text: string): CapacityFactor {
  const factor = parseCapacityFactor(text)
  if (factor === null) throw new Error(`${text} is no factor`)
  return factor
}

function planOf(appointments: Appointment[], factor: string, on = today): ReplayPlan {
  const first = firstDayOf(appointments)
  if (first === null) throw new Error('no appointments')
  const outcome = planReplay(appointments, factorOf(factor), weeksToMove(first, on), on)
  if (outcome.kind !== 'planned') throw new Error(outcome.kind)
  return outcome.plan
}

function someAppointments(specs: { unit: string; date: string; count: number }[]): Appointment[] {
  return specs.flatMap(({ unit, date, count }) =>
    Array.from({ length: count }, (_, index) => ({
      appointmentId: `${unit}-${date}-${index}`,
      patientId: String(index),
      bookedAt: Temporal.Instant.from('2016-04-01T08:00:00Z').add({ seconds: index }),
      date: Temporal.PlainDate.from(date),
      healthUnit: unit,
    })),
  )
}

const anySpecs = fc.uniqueArray(
  fc.record({
    unit: fc.constantFrom('CENTRO', 'JARDIM CAMBURI', 'SÃO PEDRO'),
    date: fc.integer({ min: 0, max: 60 }).map((days) => Temporal.PlainDate.from('2016-04-29').add({ days }).toString()),
    count: fc.integer({ min: 1, max: 120 }),
  }),
  { minLength: 1, maxLength: 12, selector: ({ unit, date }) => `${unit} ${date}` },
)
const anyFactor = fc.integer({ min: 1, max: 30_000 }).map((number) => (number / 10_000).toFixed(4))
const anyToday = fc.integer({ min: 0, max: 20_000 }).map((days) => Temporal.PlainDate.from('2000-01-01').add({ days }))

describe('the plan of a replay', () => {
  test('gives each unit and day slots that add up to exactly ceil(factor × appointments)', () => {
    fc.assert(
      fc.property(anySpecs, anyFactor, (specs, factor) => {
        const plan = planOf(someAppointments(specs), factor)
        const planned = plan.units.flatMap((unit) => unit.days.map((day) => ({ unit: unit.name, ...day })))
        expect(planned).toHaveLength(specs.length)
        for (const { unit, date, count } of specs) {
          const moved = Temporal.PlainDate.from(date).add({ weeks: plan.weeks }).toString()
          const day = planned.find((candidate) => candidate.unit === unit && candidate.date === moved)
          const capacities = day?.slots.map((slot) => slot.capacity) ?? []
          expect(capacities.reduce((sum, capacity) => sum + capacity, 0)).toBe(unitsFor(factorOf(factor), count))
          expect(Math.min(...capacities)).toBeGreaterThanOrEqual(1)
          expect(Math.max(...capacities) - Math.min(...capacities)).toBeLessThanOrEqual(1)
        }
      }),
    )
  })

  test('moves every day by the same whole weeks, the first to a week ahead or a few days later', () => {
    fc.assert(
      fc.property(anySpecs, anyToday, (specs, on) => {
        const appointments = someAppointments(specs)
        const plan = planOf(appointments, '1', on)
        const ahead = on.until(plan.firstDate, { largestUnit: 'days' }).days
        expect(ahead).toBeGreaterThanOrEqual(7)
        expect(ahead).toBeLessThan(14)
        const first = firstDayOf(appointments)
        expect(first?.add({ weeks: plan.weeks }).toString()).toBe(plan.firstDate)
        expect(Temporal.PlainDate.from(plan.firstDate).dayOfWeek).toBe(first?.dayOfWeek)
      }),
    )
  })

  test('requests a slot of the right unit and day, and the same one in each run', () => {
    fc.assert(
      fc.property(anySpecs, anyFactor, (specs, factor) => {
        const appointments = someAppointments(specs)
        const plan = planOf(appointments, factor)
        expect(planOf(appointments, factor)).toEqual(plan)
        for (const [index, booking] of plan.bookings.entries()) {
          const appointment = appointments[index]
          expect(booking.appointmentId).toBe(appointment?.appointmentId)
          const day = plan.units
            .find((unit) => unit.name === booking.unit)
            ?.days.find(({ date }) => date === booking.date)
          expect(appointment?.date.add({ weeks: plan.weeks }).toString()).toBe(day?.date)
          expect(day?.slots[booking.firstChoice]).toBeDefined()
        }
      }),
    )
  })

  test('slots are quarters of an hour from 08:00 in Vitória, without gaps, until 18:00 at most', () => {
    for (const units of [1, 7, 40, 41, 79, 80, 81, 1000]) {
      const slots = slotsOfDay('2026-12-01', units)
      expect(slots[0]?.startsAt.toString()).toBe('2026-12-01T11:00:00Z')
      for (const [index, slot] of slots.entries()) {
        expect(slot.endsAt.since(slot.startsAt).total('minutes')).toBe(15)
        if (index > 0) expect(slots[index - 1]?.endsAt.equals(slot.startsAt)).toBe(true)
      }
      const end = slots.at(-1)?.endsAt.toZonedDateTimeISO(replayTimeZone).toPlainTime().toString()
      expect(end !== undefined && end <= '18:00:00').toBe(true)
      expect(slots.reduce((sum, slot) => sum + slot.capacity, 0)).toBe(units)
    }
  })

  test('days further apart than a clinic can be booked ahead are refused with their number', () => {
    const appointments = someAppointments([
      { unit: 'CENTRO', date: '2016-04-29', count: 1 },
      { unit: 'CENTRO', date: '2018-04-29', count: 1 },
    ])
    const outcome = planReplay(
      appointments,
      factorOf('1'),
      weeksToMove(Temporal.PlainDate.from('2016-04-29'), today),
      today,
    )
    expect(outcome).toMatchObject({ kind: 'too_long', daysMax: 729 })
  })

  test('more units in a day than its slots may hold are refused', () => {
    const appointments = someAppointments([{ unit: 'CENTRO', date: '2016-04-29', count: 1 }])
    const factor = { numerator: 50_000_000n, denominator: 1n, text: '50000000' }
    expect(planReplay(appointments, factor, 552, today)).toMatchObject({ kind: 'too_many_units', unit: 'CENTRO' })
  })
})
