import { workingHoursLimits } from '@holdfast/vocabulary'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { announceRepeat, directoryTransaction, transactionId } from '../database/announced-transaction.ts'
import { completeWrite } from '../database/database-unavailable.ts'
import { inTransaction } from '../database/pools.ts'
import type { Announce } from '../model/committed.ts'
import { clinicNoOf } from '../model/id.ts'
import type { DoctorWorkingHours, NewWorkingHours, WorkingHours, WorkingHoursVersion } from '../model/working-hours.ts'
import { fillDoctor } from './fill-doctor.ts'
import { previewOf } from './preview-of.ts'
import { replaceHours, visitTypesExist } from './replace-hours.ts'

/** How long a request works on what its change leads to; the jobs do the rest. */
const fillMsMax = 5_000

/** The working hours of doctors, with the application's role. */
export function createWorkingHours(pool: pg.Pool, announce: Announce): DoctorWorkingHours {
  const write = directoryTransaction(pool, announce)

  async function preview(hours: NewWorkingHours): ReturnType<DoctorWorkingHours['preview']> {
    if (!(await visitTypesExist(pool, hours))) return { kind: 'visit_type_missing' }
    const previewed = await previewOf(pool, hours)
    return previewed === null ? { kind: 'preview_too_long' } : { kind: 'preview', preview: previewed }
  }

  return {
    read: (doctorId) => readHours(pool, doctorId),

    preview,

    async set(hours) {
      const previewed = await preview(hours)
      if (previewed.kind !== 'preview') return previewed
      const { doctorId } = hours
      const written = await inTransaction(pool, async (transaction) => {
        return (await replaceHours(transaction, hours)) ?? transactionId(transaction)
      })
      if (typeof written !== 'string') return written
      return completeWrite(async () => {
        const { position } = await fillDoctor(write, doctorId, performance.now() + fillMsMax)
        // What an earlier attempt has changed is announced again: its announcements may be lost.
        if (position === null) announceRepeat(announce, { doctorIds: [doctorId] })
        const done = { kind: 'done' as const, preview: previewed.preview, position: position ?? written }
        return { ...done, hours: await readHours(pool, doctorId) }
      })
    },
  }
}

type HoursRow = WorkingHoursVersion & { today: string }

async function readHours(pool: pg.Pool, doctorId: string): Promise<WorkingHours> {
  const clinicNo = clinicNoOf(doctorId)
  const { rows } = await pool.query<HoursRow>(sql`
    select h.valid_from as "validFrom", h.valid_until as "validUntil", h.bands,
           (statement_timestamp() at time zone c.timezone)::date as today
      from holdfast.working_hours h
      join holdfast.clinic c on c.no = h.clinic_no
     where h.clinic_no = ${clinicNo} and h.resource_id = ${doctorId}
     order by h.valid_from`)
  const filled = await pool.query<{ until: string | null; version: number }>(sql`
    select filled_until as until, version from holdfast.working_calendar
     where clinic_no = ${clinicNo} and resource_id = ${doctorId}`)
  return {
    versions: rows
      .filter(({ validUntil, today }) => validUntil === null || validUntil >= today)
      .map(({ today: _, ...version }) => version),
    version: filled.rows[0]?.version ?? 0,
    filledUntil: filled.rows[0]?.until ?? null,
    runsOutOn: endSoon(rows),
  }
}

/** @param rows by `validFrom` */
function endSoon(rows: readonly HoursRow[]): string | null {
  let end: string | null = null
  for (const { validFrom, validUntil, bands, today } of rows) {
    if (bands.length === 0) continue
    const isGap = end !== null && end >= today && Temporal.PlainDate.from(end).add({ days: 1 }).toString() < validFrom
    if (isGap) break
    if (validUntil === null) return null
    end = validUntil
  }
  const today = rows[0]?.today
  if (end === null || today === undefined) return null
  const noticed = Temporal.PlainDate.from(today).add({ days: workingHoursLimits.endNoticeDays }).toString()
  return end <= noticed ? end : null
}
