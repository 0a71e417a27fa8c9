import { aClinic, aDoctor, plantFunction, type TestDatabase } from '@holdfast/testkit'
import { anotherDatabase, test } from '@holdfast/testkit/database-test'
import { describe, expect } from 'vitest'
import { aBand, dayAfter, fillAll, hoursOf } from '../../test/working-hours.ts'
import { createEngine } from '../create-engine.ts'
import type { NewWorkingHours, WorkingBand } from '../model/working-hours.ts'

/** Summer time begins and ends at 2:00 or 3:00, at 2:00 by half an hour, at midnight, at 2:45; or never. */
const zones = ['Europe/Berlin', 'Australia/Lord_Howe', 'Africa/Cairo', 'Pacific/Chatham', 'Asia/Kolkata']
const daysAhead = 400

const bands: WorkingBand[] = [
  aBand({ from: '22:30', to: '01:30', gridMinutes: 15 }),
  // It ends in the hour that is left out, or repeated, and then overlaps the next one.
  aBand({ weekdays: [5, 6, 7], from: '01:45', to: '02:45' }),
  aBand({ weekdays: [7], from: '03:00', to: '05:00', slotMinutes: 30, capacity: 3 }),
  aBand({ weekdays: [1, 3, 7], from: '08:00', to: '12:10', slotMinutes: 60 }),
  aBand({ weekdays: [2, 4], from: '13:00', to: '22:00', everyWeeks: 3 }),
  // On one weekday, of two kinds of weeks.
  aBand({ weekdays: [4], from: '12:00', to: '13:00', everyWeeks: 2, inWeekOf: dayAfter(9) }),
  aBand({ weekdays: [4], from: '10:00', to: '12:30', everyWeeks: 2, inWeekOf: dayAfter(-12) }),
]
const night: WorkingBand[] = [aBand({ weekdays: [1, 5, 6, 7], from: '00:00', to: '24:00', everyWeeks: 2 })]

/** Local times are in minutes, as if they were ones of UTC. */
const minutesOf = (local: Temporal.PlainDateTime) => local.toZonedDateTime('UTC').epochMilliseconds / 60_000

/** The first instant, in minutes, at which the clocks of a zone show each local minute of these days: looked up. */
function clockOf(timeZone: string, from: Temporal.PlainDate, days: number): Map<number, number> {
  const first = new Map<number, number>()
  const start = minutesOf(from.toPlainDateTime()) - 2_880
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' })
  // Offsets change by quarters of an hour: what is between them is added.
  for (let minute = start; minute < start + (days + 4) * 1_440; minute += 15) {
    const local = Date.parse(`${format.format(minute * 60_000).replace(' ', 'T')}Z`) / 60_000
    for (let n = 0; n < 15; n += 1) if (!first.has(local + n)) first.set(local + n, minute + n)
  }
  return first
}

/** A local time that does not exist moves forward by the gap: as far behind the last one that exists. */
function instantOf(clock: Map<number, number>, local: Temporal.PlainDateTime): number {
  for (let back = 0; back < 1_500; back += 1) {
    const found = clock.get(minutesOf(local) - back)
    if (found !== undefined) return found + back
  }
  throw new Error(`No clock shows a time near ${local}.`)
}

type Listed = { sessions: string[]; slots: string[] }
const iso = (minutes: number) => new Date(minutes * 60_000).toISOString()

/** What the working hours are, computed apart from the engine. */
function expectedOf({ bands: its, validFrom }: NewWorkingHours, timeZone: string, days: number): Listed {
  const first = Temporal.PlainDate.from(validFrom)
  const clock = clockOf(timeZone, first, days)
  const times: { start: number; end: number; band: WorkingBand }[] = []
  for (let n = 0; n < days; n += 1) {
    const day = first.add({ days: n })
    for (const band of its) {
      const counted = Temporal.PlainDate.from(band.inWeekOf ?? validFrom)
      // How many Mondays have come since that day; below 0, if they come until then.
      const weeks = Math.floor((counted.until(day).days + counted.dayOfWeek - 1) / 7)
      if (!band.weekdays.includes(day.dayOfWeek) || weeks % band.everyWeeks !== 0) continue
      const isNext = band.to === '24:00' || band.to <= band.from
      const end = day.add({ days: isNext ? 1 : 0 }).toPlainDateTime(band.to === '24:00' ? '00:00' : band.to)
      times.push({ start: instantOf(clock, day.toPlainDateTime(band.from)), end: instantOf(clock, end), band })
    }
  }
  const listed: Listed = { sessions: [], slots: [] }
  let before = 0
  for (const { start, end, band } of times.filter((one) => one.start < one.end).sort((a, b) => a.start - b.start)) {
    const from = Math.max(start, before)
    before = Math.max(before, end)
    if (from >= end) continue
    const { slotMinutes } = band
    if (slotMinutes === null) listed.sessions.push(`${iso(from)} ${iso(end)} ${band.gridMinutes}`)
    for (let at = from; slotMinutes !== null && at + slotMinutes <= end; at += slotMinutes)
      listed.slots.push(`${iso(at)} ${iso(at + slotMinutes)} ${band.capacity}`)
  }
  return listed
}

async function createdBy(database: TestDatabase, doctorId: string): Promise<Listed> {
  const list = async (table: string, last: string, which: string) => {
    const { rows } = await database.ownerPool.query(
      `select starts_at, ends_at, ${last} as last from holdfast.${table}
        where resource_id = $1 and withdrawn_at is null ${which} order by starts_at`,
      [doctorId],
    )
    return rows.map((row) => `${row.starts_at.toISOString()} ${row.ends_at.toISOString()} ${row.last}`)
  }
  return {
    sessions: await list('open_session', 'grid_minutes', ''),
    slots: await list('slot', 'capacity', 'and session_id is null'),
  }
}

/** What the engine creates by working hours from tomorrow on, and what it should. */
async function bothCalendars(database: TestDatabase, timezone: string, its: WorkingBand[]) {
  const clinic = await aClinic(database, { timezone, settings: { bookingHorizonDays: daysAhead } })
  const doctor = await aDoctor(database, clinic)
  const engine = createEngine({ batchPool: database.appPool, generalPool: database.appPool })
  const tomorrow = Temporal.Now.plainDateISO(timezone).add({ days: 1 })
  const hours = hoursOf(doctor, its, { validFrom: tomorrow.toString() })
  const outcome = await engine.workingHours.set(hours)
  await fillAll(database, doctor.id)
  const { filledUntil } = await engine.workingHours.read(doctor.id)
  await engine.stop()
  const expected = expectedOf(hours, timezone, daysAhead)
  return { outcome, filledUntil, expected, created: await createdBy(database, doctor.id) }
}

describe('bands are at the local times of the clinic, on both days on which the time changes', () => {
  test.for(zones)('%s', async (timezone, { database }) => {
    for (const its of [bands, night]) {
      const { outcome, filledUntil, expected, created } = await bothCalendars(database, timezone, its)
      expect(created).toEqual(expected)
      expect(expected.sessions.length).toBeGreaterThan(100)
      if (outcome.kind !== 'done') throw new Error(outcome.kind)
      expect(outcome.preview.creates).toEqual({ sessions: expected.sessions.length, slots: expected.slots.length })
      expect(filledUntil).toBe(Temporal.Now.plainDateISO(timezone).add({ days: daysAhead }).toString())
    }
  })
})

describe('negative control', () => {
  test.for([
    ['a time that there is twice is the second', 'first_instant', 'LEAST(', 'GREATEST('],
    ['a time that does not exist is the end of the gap', 'working_instant', /<> p_local/, 'is null'],
    ['bands do not end on the next day', 'working_times', /then interval '1 day'/, "then interval '0'"],
    ['weeks are counted from another day', 'working_times', '/ 7', '/ 6'],
    ['weeks are counted from the first day', 'working_times', 'coalesce(b."inWeekOf", h.valid_from)', 'h.valid_from'],
    ['a band is not shortened', 'working_times', /greatest\(t\.start_at, .*?preceding\)\)/s, 't.start_at'],
  ] as const)('%s', async ([_, name, part, becomes]) => {
    const planted = await anotherDatabase()
    await plantFunction(planted, name, { part, becomes })
    const differs = await bothCalendars(planted, 'Europe/Berlin', bands).then(
      ({ created, expected }) => JSON.stringify(created) !== JSON.stringify(expected),
      () => true,
    )
    expect(differs).toBe(true)
  })
})
