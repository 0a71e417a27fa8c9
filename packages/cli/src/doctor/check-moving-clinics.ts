import type { DatabasePool } from '@holdfast/engine'
import sql from 'sql-template-tag'
import { type Check, warning } from './check.ts'

/** Clinics of which this database refuses changes, because they are being moved to another one, or a move broke off. */
export async function checkMovingClinics(pool: Pick<DatabasePool, 'query'>): Promise<Check[]> {
  const { rows } = await pool.query<{ clinicNos: number[] | null }>(sql`
    select array_agg(clinic_no order by clinic_no) as "clinicNos"
      from holdfast.moving_clinic where refused_until > clock_timestamp()`)
  const clinicNos = rows[0]?.clinicNos ?? []
  if (clinicNos.length === 0) return []
  const which = `${clinicNos.length === 1 ? 'clinic' : 'clinics'} ${clinicNos.join(', ')}`
  const found = `changes of ${which} are refused, and jobs that concern several clinics fail`
  return [warning('clinics that move', found, 'if `holdfast move-clinic` does not run, run it again as it was called')]
}
