import { randomUUID } from 'node:crypto'
import type { BuiltBooking, TestDatabase } from '@holdfast/testkit'
import sql from 'sql-template-tag'

/** Ends the hold of a booking now. */
export async function endHold(database: TestDatabase, { id }: Pick<BuiltBooking, 'id'>): Promise<void> {
  await database.ownerPool.query(
    `with lapsed as (
       update holdfast.booking set hold_expires_at = updated_at + interval '1 microsecond' where id = $1
       returning clinic_no, slot_id, hold_expires_at
     ), logged as (
       update holdfast.booking_event e set hold_expires_at = l.hold_expires_at from lapsed l
        where e.clinic_no = l.clinic_no and e.booking_id = $1
     )
     update holdfast.slot s set next_lapse = least(s.next_lapse, l.hold_expires_at) from lapsed l
      where s.clinic_no = l.clinic_no and s.id = l.slot_id`,
    [id],
  )
}

/**
 * Confirms a hold just before its end, and does not commit: as while the commit waits for a standby.
 *
 * @returns commits
 */
export async function confirmInFlight(
  database: TestDatabase,
  { id }: Pick<BuiltBooking, 'id'>,
): Promise<() => Promise<void>> {
  const client = await database.ownerPool.connect()
  await client.query('begin')
  await client.query(sql`select holdfast.log_change(c, 'confirmed', null, ${randomUUID()})
       from holdfast.booking b
      cross join holdfast.change_bookings(array[b.clinic_no], array[b.id], array['CONFIRMED'], array[null::text],
                                          array[null::timestamptz], null, null, null, null, null, null, null,
                                          array[b.updated_at]) c
      where b.id = ${id}`)
  return async () => {
    await client.query('commit')
    client.release()
  }
}
