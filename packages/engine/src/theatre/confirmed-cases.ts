import type pg from 'pg'
import sql from 'sql-template-tag'

/** Which of these cases the log has a confirmation of. The bounds of ids leave out the months without them. */
export async function confirmedCases(
  pool: pg.Pool,
  clinicNo: number,
  caseIds: readonly string[],
): Promise<Set<string>> {
  const inOrder = caseIds.toSorted()
  const [first, last] = [inOrder.at(0), inOrder.at(-1)]
  if (first === undefined || last === undefined) return new Set()
  const { rows } = await pool.query<{ id: string }>(sql`
    select distinct booking_id as id
      from holdfast.booking_event
     where clinic_no = ${clinicNo} and booking_id = any(${inOrder}::uuid[]) and type = 'confirmed'
       and booking_id >= ${first}::uuid and booking_id <= ${last}::uuid`)
  return new Set(rows.map(({ id }) => id))
}
