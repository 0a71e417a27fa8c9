import { inTransaction } from '@holdfast/engine'
import sql from 'sql-template-tag'
import type { BuilderDatabase } from './builders.ts'

/**
 * Lets the holds of a slot expire without waiting. The database's clock decides when a hold has expired, and a test
 * can't set it. Instead this moves the stored times into the past, as the owner: those of the bookings, of the slot's
 * next_lapse, and of the event that set each hold's end, with those since then that repeat it. The ends before it stay:
 * a hold is extended, or becomes a request, before its end.
 *
 * @returns how many holds have expired
 */
export function lapseHolds(database: BuilderDatabase, slot: { clinicNo: number; id: string }): Promise<number> {
  return inTransaction(database.ownerPool, async (transaction) => {
    const parameters = [slot.clinicNo, slot.id]
    await transaction.query('select from holdfast.slot where clinic_no = $1 and id = $2 for update', parameters)
    // An extension in flight locks the booking alone: wait for its event too.
    await transaction.query(
      `select from holdfast.booking where clinic_no = $1 and slot_id = $2 and status = 'PENDING'
         order by id for update`,
      parameters,
    )
    await transaction.query(
      `update holdfast.booking_event e set hold_expires_at = e.hold_expires_at - interval '1 day'
         from holdfast.booking b
        where b.clinic_no = $1 and b.slot_id = $2 and b.status = 'PENDING'
          and e.clinic_no = b.clinic_no and e.booking_id = b.id
          and e.version >= (select max(l.version) from holdfast.booking_event l
                             where l.clinic_no = b.clinic_no and l.booking_id = b.id
                               and l.type in ('held', 'offered', 'extended', 'link_requested', 'requested', 'moved'))`,
      parameters,
    )
    await transaction.query(
      `update holdfast.waitlist_offer o set ends_at = e.hold_expires_at
         from holdfast.booking b
         join holdfast.booking_event e on e.clinic_no = b.clinic_no and e.booking_id = b.id and e.type = 'offered'
        where b.clinic_no = $1 and b.slot_id = $2 and b.status = 'PENDING'
          and o.clinic_no = b.clinic_no and o.booking_id = b.id`,
      parameters,
    )
    const { rowCount } = await transaction.query(
      `update holdfast.booking set hold_expires_at = hold_expires_at - interval '1 day'
        where clinic_no = $1 and slot_id = $2 and status = 'PENDING'`,
      parameters,
    )
    await transaction.query(
      `update holdfast.slot set next_lapse = next_lapse - interval '1 day' where clinic_no = $1 and id = $2`,
      parameters,
    )
    return rowCount ?? 0
  })
}

/**
 * Moves a slot in time: a slot that starts in 30 minutes, moved by -60, started half an hour ago. For arrivals,
 * no-shows, notices and deadlines.
 */
export async function shiftSlot(
  database: BuilderDatabase,
  slot: { clinicNo: number; id: string },
  minutes: number,
): Promise<void> {
  await database.ownerPool.query(sql`update holdfast.slot s
        set starts_at = s.starts_at + by.way, ends_at = s.ends_at + by.way,
            digest = holdfast.slot_digest(s.id, s.resource_id, s.starts_at + by.way, s.ends_at + by.way, s.capacity,
                                          s.withdrawn_at, s.blocked_at, holdfast.visit_of_slot(s))
       from (select make_interval(mins => ${minutes}) as way) by
      where s.clinic_no = ${slot.clinicNo} and s.id = ${slot.id}`)
}
