import sql, { type Sql } from 'sql-template-tag'
import { isLapsed } from '../database/hold-sql.ts'

/** undefined: anybody's; null: nobody's. */
export const isOfSurgeon = (theirs: Sql, surgeonId: string | null | undefined) =>
  surgeonId === undefined ? sql`true` : sql`${theirs} = ${surgeonId}::uuid`

/** Whether the patient of a case is out of the room. */
export const isOver = (one: Sql) => sql`
  exists (select from holdfast.case_milestone m
           where m.clinic_no = ${one}.clinic_no and m.booking_id = ${one}.booking_id
             and m.milestone in ('out_of_room', 'cleaned'))`

/** The end until which a case needs what it has by its plan: an earlier one, if it is expected to end early. */
export const neededEnd = (one: Sql) => sql`least(${one}.ends_at, ${one}.expected_ends_at)`

/** Whether a case is held. Only recent bookings are: the bound keeps the statement from locking the months before. */
export const isHold = (one: Sql) => sql`
  exists (select from holdfast.booking b
           where b.clinic_no = ${one}.clinic_no and b.id = ${one}.booking_id and b.id >= holdfast.recent_ids()
             and b.status = 'PENDING')`

/** Whether a case was held, and its hold has lapsed: with the same bound. */
export const isLapsedHold = (one: Sql) => sql`
  exists (select from holdfast.booking b
           where b.clinic_no = ${one}.clinic_no and b.id = ${one}.booking_id and b.id >= holdfast.recent_ids()
             and ${isLapsed})`
