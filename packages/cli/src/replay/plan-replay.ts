import { createHash } from 'node:crypto'
import { slotLimits } from '@holdfast/vocabulary'
import type { Appointment } from './appointment.ts'
import { type CapacityFactor, unitsFor } from './capacity-factor.ts'

/** The time zone of the health units; see the data set's description. */
export const replayTimeZone = 'America/Sao_Paulo'

/** A day lasts from 08:00 to 18:00 in quarters of an hour. If it has more units, slots have room for several. */
const slotsPerDayMax = 40
const slotMinutes = 15
const firstSlotTime = '08:00'
/** A clinic's longest booking horizon is 730 days; the last day must lie within it on the day of the replay. */
const daysAheadMax = 729

export type PlannedSlot = { startsAt: Temporal.Instant; endsAt: Temporal.Instant; capacity: number }

export type PlannedDay = { date: string; appointments: number; slots: PlannedSlot[] }

export type PlannedUnit = { name: string; days: PlannedDay[] }

/** `firstChoice` is the index of a slot of that unit and day: the patient's first request. */
export type PlannedBooking = {
  appointmentId: string
  patientId: string
  unit: string
  date: string
  firstChoice: number
}

export type ReplayPlan = {
  /** How many weeks every day was moved. */
  weeks: number
  firstDate: string
  lastDate: string
  units: PlannedUnit[]
  /** The bookings in the order in which the patients booked. */
  bookings: PlannedBooking[]
}

export type ReplayPlanOutcome =
  | { kind: 'planned'; plan: ReplayPlan }
  | { kind: 'too_long'; days: number; daysMax: number }
  | { kind: 'too_many_units'; unit: string; date: string; units: number; unitsMax: number }

/**
 * The smallest number of whole weeks that moves `firstDay` to at least a week after `today`; negative if it is far
 * ahead.
 */
export function weeksToMove(firstDay: Temporal.PlainDate, today: Temporal.PlainDate): number {
  const days = today.add({ days: 7 }).since(firstDay, { largestUnit: 'days' }).days
  return Math.ceil(days / 7)
}

/** The earliest day of the appointments; null if there are none. */
export function firstDayOf(appointments: readonly Appointment[]): Temporal.PlainDate | null {
  let first: Temporal.PlainDate | null = null
  for (const { date } of appointments) {
    if (first === null || Temporal.PlainDate.compare(date, first) < 0) first = date
  }
  return first
}

/**
 * Plans what a replay creates and books: for each health unit and day, slots of 15 minutes from 08:00 local time whose
 * capacities add up to exactly ceil(factor × that day's appointments), and one booking for each appointment.
 * Deterministic: with the same file, factor and `weeks`, a second run requests the same slots in the same order.
 */
export function planReplay(
  appointments: readonly Appointment[],
  factor: CapacityFactor,
  weeks: number,
  today: Temporal.PlainDate,
): ReplayPlanOutcome {
  const countByUnitAndDate = new Map<string, Map<string, number>>()
  const bookings: PlannedBooking[] = []
  const movedDates = new Map<string, string>()
  for (const appointment of appointments) {
    const original = appointment.date.toString()
    let date = movedDates.get(original)
    if (date === undefined) {
      date = appointment.date.add({ weeks }).toString()
      movedDates.set(original, date)
    }
    const unit = appointment.healthUnit
    let countByDate = countByUnitAndDate.get(unit)
    if (countByDate === undefined) {
      countByDate = new Map()
      countByUnitAndDate.set(unit, countByDate)
    }
    countByDate.set(date, (countByDate.get(date) ?? 0) + 1)
    bookings.push({
      appointmentId: appointment.appointmentId,
      patientId: appointment.patientId,
      unit,
      date,
      firstChoice: 0,
    })
  }

  const dates = [...movedDates.values()].sort()
  const firstDate = dates[0] ?? today.toString()
  const lastDate = dates.at(-1) ?? firstDate
  const days = today.until(lastDate, { largestUnit: 'days' }).days
  if (days > daysAheadMax) return { kind: 'too_long', days, daysMax: daysAheadMax }

  const slotCounts = new Map<string, number>()
  const units: PlannedUnit[] = []
  for (const [name, countByDate] of [...countByUnitAndDate].sort(byFirst)) {
    const plannedDays: PlannedDay[] = []
    for (const [date, count] of [...countByDate].sort(byFirst)) {
      const unitsOfDay = unitsFor(factor, count)
      const unitsMax = slotsPerDayMax * slotLimits.capacityMax
      if (unitsOfDay > unitsMax) return { kind: 'too_many_units', unit: name, date, units: unitsOfDay, unitsMax }
      const slots = slotsOfDay(date, unitsOfDay)
      slotCounts.set(dayKey(name, date), slots.length)
      plannedDays.push({ date, appointments: count, slots })
    }
    units.push({ name, days: plannedDays })
  }
  for (const booking of bookings) {
    booking.firstChoice = preferredSlot(booking.appointmentId, slotCounts.get(dayKey(booking.unit, booking.date)) ?? 1)
  }
  return { kind: 'planned', plan: { weeks, firstDate, lastDate, units, bookings } }
}

/** The key of a unit's day in maps. Unambiguous, because the names of health units contain no control characters. */
export function dayKey(unit: string, date: string): string {
  return `${unit}\n${date}`
}

/** One slot per unit, at most 40. Their capacities differ by at most 1; the larger ones come first. */
export function slotsOfDay(date: string, units: number): PlannedSlot[] {
  const count = Math.min(units, slotsPerDayMax)
  const capacity = Math.floor(units / count)
  const larger = units % count
  const first = Temporal.PlainDate.from(date)
    .toZonedDateTime({ timeZone: replayTimeZone, plainTime: firstSlotTime })
    .toInstant()
  return Array.from({ length: count }, (_, index) => ({
    startsAt: first.add({ minutes: index * slotMinutes }),
    endsAt: first.add({ minutes: (index + 1) * slotMinutes }),
    capacity: index < larger ? capacity + 1 : capacity,
  }))
}

/**
 * The index of the slot that a patient requests first, chosen by a digest of the appointment's id. Slots fill unevenly,
 * as they do in practice: about half of the bookings get `slot_full` first and take an alternative.
 */
function preferredSlot(appointmentId: string, slots: number): number {
  return createHash('sha256').update(appointmentId).digest().readUInt32BE(0) % slots
}

function byFirst([one]: [string, unknown], [other]: [string, unknown]): number {
  return one < other ? -1 : one > other ? 1 : 0
}
