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
import { tooManyHours } from './hours-size.ts'
import { previewOf } from './preview-of.ts'
import { replaceHours, visitTypesExist } from './replace-hours.ts'

/** How long a request works on what its change leads to; the jobs do the rest. */
const fillMsMax = 5_000

/** The working hours of doctors, with the application's role. */
export function createWorkingHours(pool: pg.Pool, announce: Announce): DoctorWorkingHours {
  const write = directoryTransaction(pool, announce)

  async function preview(hours: NewWorkingHours): ReturnType<DoctorWorkingHours['preview']> {
    if (!(await visitTypesExist(pool, hours))) return { kind: 'visit_type_missing' }
    const refusal = await tooManyHours(pool, hours)
    if (refusal !== null) return refusal
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
        const refusal = await replaceHours(transaction, hours)
        if (refusal !== null) return refusal
        return { hours: await readHours(transaction, doctorId), position: await transactionId(transaction) }
      })
      if ('kind' in written) return written
      return completeWrite(async () => {
        const { position } = await fillDoctor(write, doctorId, performance.now() + fillMsMax)
        // What an earlier attempt has changed is announced again: its announcements may be lost.
        if (position === null) announceRepeat(announce, { doctorIds: [doctorId] })
        const { filledUntil } = await readHours(pool, doctorId)
        return {
          kind: 'done',
          // Not what somebody else may have written meanwhile: their version is not that of these hours.
          hours: { ...written.hours, filledUntil },
          preview: previewed.preview,
          position: position ?? written.position,
        }
      })
    },
  }
}

type Row = { versions: WorkingHoursVersion[]; version: number; until: string | null; today: string }

/** One statement: the version is that of the hours. */
async function readHours(db: pg.Pool | pg.PoolClient, doctorId: string): Promise<WorkingHours> {
  const clinicNo = clinicNoOf(doctorId)
  const { rows } = await db.query<Row>(sql`
    select coalesce(w.version, 0) as version, w.filled_until as until,
           (statement_timestamp() at time zone c.timezone)::date as today,
           coalesce((select jsonb_agg(jsonb_build_object('validFrom', h.valid_from, 'validUntil', h.valid_until,
                                                         'bands', h.bands) order by h.valid_from)
                       from holdfast.working_hours h
                      where h.clinic_no = c.no and h.resource_id = ${doctorId}), '[]') as versions
      from holdfast.clinic c
      left join holdfast.working_calendar w on w.clinic_no = c.no and w.resource_id = ${doctorId}
     where c.no = ${clinicNo}`)
  const [row] = rows
  if (row === undefined) throw new Error(`There is no clinic ${clinicNo}.`)
  const { versions, version, until, today } = row
  return {
    versions: versions.filter(({ validUntil }) => validUntil === null || validUntil >= today),
    version,
    filledUntil: until,
    runsOutOn: endSoon(versions, today),
  }
}

/** @param versions by `validFrom` */
function endSoon(versions: readonly WorkingHoursVersion[], today: string): string | null {
  let end: string | null = null
  for (const { validFrom, validUntil, bands } of versions) {
    if (bands.length === 0) continue
    const isGap = end !== null && end >= today && Temporal.PlainDate.from(end).add({ days: 1 }).toString() < validFrom
    if (isGap) break
    if (validUntil === null) return null
    end = validUntil
  }
  if (end === null) return null
  const noticed = Temporal.PlainDate.from(today).add({ days: workingHoursLimits.endNoticeDays }).toString()
  return end <= noticed ? end : null
}
