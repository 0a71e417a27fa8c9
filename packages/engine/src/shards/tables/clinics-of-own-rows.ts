import type { OwnTable } from './table-kinds.ts'

/** As `isId` of `model/id.ts` finds them. */
const idPattern = '^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'

const clinicsOfOwnRow: Readonly<Record<OwnTable, string | null>> = {
  account_mail: 'select holdfast.clinic_no_of(o.booking_id) where o.booking_id is not null',
  // Responses without ids of bookings may name a clinic or a doctor.
  answer: `
    select holdfast.clinic_no_of(i) from unnest(case when cardinality(o.ids) > 0 then o.ids else array(
      select (t.value #>> '{}')::uuid from jsonb_path_query(o.body, '$.**?(@.type() == "string")') t (value)
       where t.value #>> '{}' ~ '${idPattern}') end) i`,
  archived_month: null,
  calendar_feed: `select holdfast.clinic_no_of(o.subject_id) where o.kind <> 'account'`,
  log_epoch: null,
  log_receiver: null,
  specialization: null,
}

/**
 * What selects the numbers of the clinics of a row `o` of an own table: each shard has the rows of its clinics. null:
 * the rows are of no clinic, and each shard has all of them.
 */
export function clinicsOfRow(table: string): string | null {
  const clinics: Readonly<Record<string, string | null>> = clinicsOfOwnRow
  return clinics[table] ?? null
}
