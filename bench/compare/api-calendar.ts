import { createHoldfastClient, type HoldfastClient } from '@holdfast/contract/client'
import { createPool } from '@holdfast/engine'
import type { Calendar, CalendarShape, Recount } from '../contenders/contender.ts'
import { firstSlotStart, holdSeconds, slotMs } from '../contenders/our-calendar.ts'
import { administrator } from '../contenders/our-server.ts'
import type { Target } from '../load/load-job.ts'

/**
 * Calendars created and recounted over HTTP. The contract outlives the SQL functions, so this works for any version.
 */
export type ApiCalendars = {
  make(shape: CalendarShape): Promise<Calendar>
  recount(calendar: Calendar): Promise<Recount>
  end(): Promise<void>
}

/**
 * @param databaseUrl the database of the server at `target`. Its statistics are renewed: autovacuum may be minutes late
 * @throws Error when the administrator cannot sign in
 */
export async function apiCalendars(target: Target, databaseUrl: string): Promise<ApiCalendars> {
  const pool = createPool({ url: databaseUrl, max: 1, name: 'bench calendars' })
  const analyze = () =>
    pool.query('analyze holdfast.slot, holdfast.resource, holdfast.clinic, holdfast.booking, holdfast.booking_event')
  const baseUrl = `http://${target.host}:${target.port}`
  const { token } = okData(await createHoldfastClient({ baseUrl }).signIn({ body: administrator }))
  const api = createHoldfastClient({ baseUrl, bearer: String(token) })
  return {
    async make({ doctors, slotsPerDoctor, units }) {
      const settings = { holdSeconds }
      const clinic = okData(
        await api.createClinic({ body: { name: 'Benchmark', timezone: 'Europe/London', settings } }),
      )
      const capacity = Math.ceil(units / (doctors * slotsPerDoctor))
      const calendar: Calendar = { slotIds: [], doctorIds: [], clinic: { no: 0, id: clinic.id } }
      for (let n = 0; n < doctors; n += 1) {
        const doctorId = await createDoctor(api, clinic.id, n)
        calendar.doctorIds.push(doctorId)
        calendar.slotIds.push(...(await createSlots(api, doctorId, slotsPerDoctor, capacity)))
      }
      await analyze()
      return calendar
    },
    async recount({ clinic }) {
      if (clinic === null) throw new Error('A calendar of the API belongs to a clinic.')
      await analyze()
      const report = okData(await api.verifyClinic({ path: { clinicId: clinic.id } }))
      const faults = report.details.map(({ kind, message }) => `${kind}: ${message}`)
      if (report.mismatches > faults.length) faults.push(`${report.mismatches} findings in all`)
      return { bookings: report.bookings, faults }
    },
    end: () => pool.end(),
  }
}

async function createDoctor(api: HoldfastClient, clinicId: string, n: number): Promise<string> {
  const body = {
    clinicId,
    name: `Doctor ${n}`,
    specialization: 'General practice',
    appointmentTypes: ['in_person' as const, 'video' as const],
  }
  return okData(await api.createDoctor({ body })).id
}

/** Consecutive slots of a quarter of an hour, from {@link firstSlotStart} on. */
async function createSlots(api: HoldfastClient, doctorId: string, count: number, capacity: number): Promise<string[]> {
  const at = (n: number) => new Date(firstSlotStart() + n * slotMs).toISOString()
  const slots = Array.from({ length: count }, (_, n) => ({ startsAt: at(n), endsAt: at(n + 1), capacity }))
  const { items } = okData(await api.createSlots({ path: { doctorId }, query: { dryRun: false }, body: { slots } }))
  const ids = items.flatMap(({ slotId }) => slotId ?? [])
  if (ids.length !== count) throw new Error(`${ids.length} of ${count} slots were created.`)
  return ids
}

/** @throws Error with the problem document, for a refusal */
function okData<Data>({ data, error }: { data?: Data; error?: unknown }): NonNullable<Data> {
  if (data === undefined || data === null) throw new Error(`The API refused: ${JSON.stringify(error)}`)
  return data
}
