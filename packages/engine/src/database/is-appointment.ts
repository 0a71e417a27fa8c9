import sql from 'sql-template-tag'

/**
 * Booking `b` is an appointment. Cases in operating rooms are bookings too, which are read and changed only as cases:
 * for the routes of bookings, their lists and manage tokens, they do not exist.
 */
export const isAppointment = sql`b.appointment_type <> 'case'`
