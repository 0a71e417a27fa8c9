import sql, { type Sql } from 'sql-template-tag'
import type { BookingAccess, EntryAccess } from '../model/booking-access.ts'
import { jsonArray } from './array-literal.ts'

/** An access as a parameter of has_access and has_entry_access. */
export function accessJson(access: EntryAccess | null | undefined): Sql {
  return sql`${access == null ? null : JSON.stringify(access)}::jsonb`
}

/** The parameter `p_access` for a batch; null: none of it is compared. */
export function accessArray(requests: readonly { access?: BookingAccess | null }[]): string | null {
  return requests.some(({ access }) => access) ? jsonArray(requests, ({ access }) => access ?? null) : null
}
