import { createEngine, createPool, type Engine } from '@holdfast/engine'
import { aNewVisitType, ofKind } from '@holdfast/testkit'
import type pg from 'pg'
import type { Calendar, CalendarShape, Recount } from './contender.ts'

/** Creates and checks calendars in a database with the product's schema. */
export type OurCalendars = {
  pool: pg.Pool
  make(shape: CalendarShape): Promise<Calendar>
  /** As many times of the same length, each for one patient, as `make` has slots: in open sessions of 24 hours. */
  makeSessions(shape: Omit<CalendarShape, 'units'>): Promise<Calendar & { visitTypeId: string }>
  recount(calendar: Calendar): Promise<Recount>
  end(): Promise<void>
}

export const slotMs = 15 * 60_000
const sessionMs = 24 * 3_600_000
const shapeOfSessions = { gridMinutes: slotMs / 60_000, visitTypeIds: null }
const slotsPerCallMax = 10_000
/** So long that no hold lapses in a round. */
export const holdSeconds = 900

/** Works as the owner of a migrated database. Each calendar is a separate clinic, so that a round is verified alone. */
export function ourCalendars(ownerUrl: string): OurCalendars {
  const pool = createPool({ url: ownerUrl, max: 2, name: 'bench calendars' })
  const engine = createEngine({ batchPool: pool, generalPool: pool })
  return {
    pool,
    async make({ doctors, slotsPerDoctor, units }) {
      const clinic = await madeClinic(engine)
      const capacity = Math.ceil(units / (doctors * slotsPerDoctor))
      const calendar: Calendar = { slotIds: [], doctorIds: [], clinic: { no: clinic.no, id: clinic.id } }
      for (let n = 0; n < doctors; n += 1) {
        const doctorId = await madeDoctor(engine, clinic.no, n)
        calendar.doctorIds.push(doctorId)
        calendar.slotIds.push(...(await madeSlots(engine, doctorId, slotsPerDoctor, capacity)))
      }
      await pool.query('analyze holdfast.slot, holdfast.resource, holdfast.clinic')
      return calendar
    },
    async makeSessions({ doctors, slotsPerDoctor }) {
      const clinic = await madeClinic(engine)
      const visitTypeId = await madeVisitType(engine, clinic.no)
      const calendar: Calendar = { slotIds: [], doctorIds: [], clinic: { no: clinic.no, id: clinic.id } }
      for (let n = 0; n < doctors; n += 1) {
        const doctorId = await madeDoctor(engine, clinic.no, n)
        calendar.doctorIds.push(doctorId)
        calendar.slotIds.push(...(await madeTimes(engine, doctorId, slotsPerDoctor)))
      }
      await pool.query('analyze holdfast.open_session, holdfast.slot, holdfast.resource, holdfast.clinic')
      return { ...calendar, visitTypeId }
    },
    async recount({ clinic }) {
      const report = await engine.reads.verify({ clinicNo: clinic?.no ?? null, detailsMax: 5 })
      const faults = report.details.map(({ kind, message }) => `${kind}: ${message}`)
      if (report.overbooked + report.mismatches > faults.length)
        faults.push(`${report.overbooked} slots overbooked, ${report.mismatches} other findings`)
      if (report.events !== report.bookings) faults.push(`${report.events} events of ${report.bookings} bookings`)
      return { bookings: report.bookings, faults }
    },
    end: () => pool.end(),
  }
}

export async function madeClinic(engine: Engine) {
  const created = await engine.directory.createClinic(
    { name: 'Benchmark', timezone: 'Europe/London', settings: { holdSeconds } },
    null,
  )
  if (created.kind !== 'done') throw new Error('The clinic was not created.')
  return created.value
}

export async function madeDoctor(engine: Engine, clinicNo: number, n: number): Promise<string> {
  const created = await engine.directory.createDoctor(
    clinicNo,
    {
      name: `Doctor ${n}`,
      specialization: 'General practice',
      experienceYears: 10,
      rating: 4.5,
      languages: ['en'],
      fee: null,
      appointmentTypes: ['in_person', 'video'],
    },
    null,
  )
  if (created.kind !== 'done') throw new Error('The doctor was not created.')
  return created.value.id
}

/** Consecutive slots of a quarter of an hour, from {@link firstSlotStart} on. */
async function madeSlots(engine: Engine, doctorId: string, count: number, capacity: number): Promise<string[]> {
  const first = firstSlotStart()
  const drafts = Array.from({ length: count }, (_, n) => ({
    startsAt: new Date(first + n * slotMs),
    endsAt: new Date(first + (n + 1) * slotMs),
    capacity,
  }))
  const ids: string[] = []
  for (let from = 0; from < count; from += slotsPerCallMax) {
    const part = drafts.slice(from, from + slotsPerCallMax)
    const { items } = await engine.createSlots({ doctorId, drafts: part, dryRun: false })
    for (const { slotId } of items) if (slotId !== null) ids.push(slotId)
  }
  if (ids.length !== count) throw new Error(`${ids.length} of ${count} slots were created.`)
  return ids
}

/** A type whose visits are as long as the slots, which every doctor offers. */
async function madeVisitType(engine: Engine, clinicNo: number): Promise<string> {
  const minutes = slotMs / 60_000
  return ofKind(await engine.directory.createVisitType(clinicNo, aNewVisitType({ minutes }), null), 'done').visitType.id
}

/** Consecutive times from {@link firstSlotStart} on, each written as its session and its start. */
async function madeTimes(engine: Engine, doctorId: string, count: number): Promise<string[]> {
  const first = firstSlotStart()
  const end = first + count * slotMs
  const drafts = Array.from({ length: Math.ceil((end - first) / sessionMs) }, (_, n) => ({
    startsAt: new Date(first + n * sessionMs),
    endsAt: new Date(Math.min(first + (n + 1) * sessionMs, end)),
  }))
  const created = ofKind(await engine.sessions.create({ ...shapeOfSessions, doctorId, drafts }), 'done')
  return created.items.flatMap(({ sessionId, startsAt, endsAt }) => {
    if (sessionId === null) throw new Error('A session was not created.')
    const starts = Math.round((endsAt.getTime() - startsAt.getTime()) / slotMs)
    return Array.from({ length: starts }, (_, n) => {
      const start = new Date(startsAt.getTime() + n * slotMs)
      return `${sessionId} ${start.toISOString()}`
    })
  })
}

/** The second next UTC midnight, in milliseconds: in every time zone a full local day ahead. */
export function firstSlotStart(): number {
  const dayMs = 86_400_000
  return (Math.floor(Date.now() / dayMs) + 2) * dayMs
}
