import type { Booking } from '@holdfast/contract/client'
import { useTranslation } from 'react-i18next'
import { AnswersInRow } from '../../../domain/answers/answers-in-row.tsx'
import { isExpected } from '../../../domain/bookings/is-expected.ts'
import { ResourcesOfBooking } from '../../../domain/visits/resources-of-booking.tsx'
import { VisitOfBooking } from '../../../domain/visits/visit-of-booking.tsx'
import classes from './today-list.module.css'

type DetailsProps = {
  booking: Booking
  /** null: the list is of one doctor. */
  doctorName: string | null
  timeZone: string
}

/** What is to be known of a visit, in one line, which is cut off where it does not fit. */
export function VisitDetails({ booking, doctorName, timeZone }: DetailsProps) {
  const { t } = useTranslation(['schedule', 'shell'])
  const { units, visitTypeId, reason, appointmentType } = booking
  const { phone } = booking.patient
  return (
    <span className={classes.details}>
      <span>{isExpected(booking) ? t('shell:attendance') : null}</span>
      <span>{doctorName === null ? null : <bdi>{doctorName}</bdi>}</span>
      <span>{units > 1 ? t('units', { count: units }) : null}</span>
      <span>{visitTypeId === undefined ? null : <VisitOfBooking booking={booking} />}</span>
      <span>{appointmentType === 'video' ? t('shell:appointmentType.video') : null}</span>
      <span>
        <ResourcesOfBooking booking={booking} />
      </span>
      <span>{phone ? <bdi>{phone}</bdi> : null}</span>
      <span>{reason ? <bdi>{reason}</bdi> : null}</span>
      <span>
        <AnswersInRow booking={booking} timeZone={timeZone} />
      </span>
    </span>
  )
}
