import type pg from 'pg'
import sql from 'sql-template-tag'
import type { DurationEstimate, Theatre } from '../model/theatre.ts'

/** If there are fewer cases, the surgeon's own times say little: those of all surgeons are used. */
const ownCasesMin = 5
/** The newest cases: practice changes. */
const casesMax = 500

/**
 * How long a procedure has taken, from in_room to out_of_room: the median and the 80th percentile, interpolated
 * (percentile_cont). They are shown beside the requested minutes, never imposed.
 */
export function estimates(pool: pg.Pool): Pick<Theatre, 'estimate'> {
  return {
    async estimate({ clinicNo, procedureCode, surgeonId }) {
      const own = surgeonId === null ? null : await estimateOf(pool, clinicNo, procedureCode, surgeonId)
      if (own !== null && own.cases >= ownCasesMin) return own
      return estimateOf(pool, clinicNo, procedureCode, null)
    },
  }
}

async function estimateOf(
  pool: pg.Pool,
  clinicNo: number,
  procedureCode: string,
  surgeonId: string | null,
): Promise<DurationEstimate> {
  const { rows } = await pool.query<{ cases: number; median: number | null; p80: number | null }>(sql`
    select count(*)::integer as cases, percentile_cont(0.5) within group (order by q.minutes) as median,
           percentile_cont(0.8) within group (order by q.minutes) as p80
      from (select (extract(epoch from o.at - i.at) / 60)::float8 as minutes
              from holdfast.theatre_case t
              join holdfast.case_milestone i on i.clinic_no = t.clinic_no and i.booking_id = t.booking_id
               and i.milestone = 'in_room'
              join holdfast.case_milestone o on o.clinic_no = t.clinic_no and o.booking_id = t.booking_id
               and o.milestone = 'out_of_room'
             where t.clinic_no = ${clinicNo} and t.procedure_code = ${procedureCode}
               and (${surgeonId}::uuid is null or t.surgeon_id = ${surgeonId}::uuid)
             order by t.starts_at desc
             limit ${casesMax}) q`)
  const { cases, median, p80 } = rows[0] ?? { cases: 0, median: null, p80: null }
  return { procedureCode, surgeonId, cases, medianMinutes: median, p80Minutes: p80 }
}
