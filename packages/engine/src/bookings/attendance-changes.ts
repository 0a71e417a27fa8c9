import sql, { type Sql } from 'sql-template-tag'
import { accessJson } from '../database/booking-access-sql.ts'
import type { AttendanceOutcome, AttendanceRequest } from '../model/attendance.ts'
import { clinicNoOf } from '../model/id.ts'
import { changeOne, type OneChange, type RefusalOf } from './change-one.ts'

/** Changes by `confirm_attendance` and `withdraw_attendance`. */
export function attendanceChanges(deps: OneChange) {
  const by = (change: Sql) => (request: AttendanceRequest) =>
    changeOne<RefusalOf<AttendanceOutcome>>(deps, request, () => {
      const { bookingId, slotId, actorId, key, access } = request
      return sql`${change}(
        ${clinicNoOf(bookingId)}, ${bookingId}, ${slotId}, ${actorId}, ${key}::uuid, ${accessJson(access)})`
    })
  return {
    confirmAttendance: by(sql`holdfast.confirm_attendance`),
    withdrawAttendance: by(sql`holdfast.withdraw_attendance`),
  }
}
