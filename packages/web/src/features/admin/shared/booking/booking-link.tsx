import type { Booking } from '@holdfast/contract/client'
import { Link } from '@tanstack/react-router'
import { PatientName } from '../../../../domain/bookings/patient-name.tsx'
import layoutClasses from '../../../../ui/layout.module.css'

type BookingLinkProps = { booking: Pick<Booking, 'id' | 'clinicId' | 'patient' | 'erasedAt' | 'status'> }

/** The patient's name as a link to the booking. */
export function BookingLink({ booking }: BookingLinkProps) {
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
