import type { Booking } from '@holdfast/contract/client'
import { memo } from 'react'
import { useTranslation } from 'react-i18next'
import { BookingActions } from '../../../domain/bookings/booking-actions.tsx'
import { Flags } from '../../../domain/bookings/flags.tsx'
import type { ShownBooking } from '../../../domain/bookings/pending-marks.ts'
import { StatusIcon } from '../../../domain/bookings/status-icon.tsx'
import { JoinVideo } from '../../../domain/video/join-video.tsx'
import { formatMinutes, formatNumber, formatTime } from '../../../lib/i18n/format.ts'
import { BookingLink } from '../shared/booking/booking-link.tsx'
import { OverlapLink } from './overlap-link.tsx'
import classes from './today-list.module.css'
import { VisitDetails } from './visit-details.tsx'

type RowProps = {
  booking: ShownBooking
  doctorName: string | null
  /** What the patient has at the same time. */
  overlap: Booking | undefined
  timeZone: string
  /** For how long the patient has been there; null: not known, or not there. */
  waiting: number | null
  /** By how many minutes the patient is late; null: not, or there. */
  overdue: number | null
  /** Changes each minute: what can be marked depends on the time. */
  minute: number
}

/** `35 min`: phones have no room for more. */
const minutesFormat = { style: 'unit', unit: 'minute', unitDisplay: 'short' } as const

/** A visit of the day: when, who, what for, and what can be marked now. */
export const TodayRow = memo(function TodayRow({ booking, timeZone, waiting, overdue, ...details }: RowProps) {
  const { t } = useTranslation('admin')
  const { id, status, startsAt, patientFlags } = booking
  return (
    <tr
      className={classes.row}
      data-booking={id}
      data-status={status}
      data-quiet={status === 'NO_SHOW' || status === 'COMPLETED' || undefined}
    >
      <td className={classes.time}>{formatTime(startsAt, timeZone)}</td>
      <td className={classes.status}>
        <StatusIcon of={booking} />
      </td>
      <td className={classes.who}>
        <span className={classes.name}>
          <BookingLink booking={booking} />
          {patientFlags === undefined ? null : <Flags flags={patientFlags} size="md" />}
        </span>
        <VisitDetails booking={booking} doctorName={details.doctorName} timeZone={timeZone} />
      </td>
      <td className={classes.waiting}>
        {details.overlap === undefined ? null : <OverlapLink other={details.overlap} />}
        {waiting === null || waiting < 1 ? null : (
          <span className={classes.minutes} title={t('today.waiting', { minutes: formatMinutes(waiting) })}>
            {formatNumber(waiting, minutesFormat)}
          </span>
        )}
        {overdue === null ? null : (
          <span className={classes.minutes} data-late title={t('today.lateBy', { minutes: formatMinutes(overdue) })}>
            {formatNumber(overdue, { ...minutesFormat, signDisplay: 'always' })}
          </span>
        )}
        <JoinVideo url={booking.joinUrl} of={booking.patient.name} isInRow size="compact-sm" variant="light" />
      </td>
      <td className={classes.actions}>
        <BookingActions booking={booking} timeZone={timeZone} isInRow isCompact />
      </td>
    </tr>
  )
})
