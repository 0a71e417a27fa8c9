import type { Booking } from '@holdfast/contract/client'
import { Link } from '@tanstack/react-router'
import { PatientName } from '../../domain/bookings/patient-name.tsx'
import layoutClasses from '../../ui/layout.module.css'

/** The patient's name as a link to the booking. */
export function BookingLink({ booking }: { booking: Pick<Booking, 'id' | 'clinicId' | 'patient' | 'erasedAt'> }) {
  return (
    <Link
      className={layoutClasses.link}
      to="/clinic/$clinicId/bookings/$bookingId"
      params={{ clinicId: booking.clinicId, bookingId: booking.id }}
    >
      <PatientName of={booking} />
    </Link>
  )
}
