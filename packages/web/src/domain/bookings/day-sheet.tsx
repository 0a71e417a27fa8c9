import type { Booking } from '@holdfast/contract/client'
import { useTranslation } from 'react-i18next'
import { formatDayTime, formatTimes } from '../../lib/i18n/format.ts'
import { serverNow } from '../../lib/time/server-clock.ts'
import { AnswersInRow } from '../answers/answers-in-row.tsx'
import { ResourcesOfBooking } from '../visits/resources-of-booking.tsx'
import { VisitOfBooking } from '../visits/visit-of-booking.tsx'
import classes from './day-sheet.module.css'
import { isExpected } from './is-expected.ts'
import { PatientName } from './patient-name.tsx'

type DaySheetProps = {
  /** The doctor. */
  title: string
  /** The day and the clinic. */
  subtitle: string
  bookings: readonly Booking[]
  timeZone: string
}

/** A doctor's day on paper, with room for notes. It is seen only in print; each doctor's begins on a new page. */
export function DaySheet({ title, subtitle, bookings, timeZone }: DaySheetProps) {
  const { t } = useTranslation(['schedule', 'shell'])
  const coming = bookings.filter(({ status }) => status !== 'CANCELLED' && status !== 'FAILED')
  return (
    <section className={`${classes.sheet} print-only`} aria-label={title}>
      <h2 className={classes.title}>{title}</h2>
      <p className={classes.subtitle}>
        {subtitle} · {t('sheet.printed', { time: formatDayTime(serverNow(), timeZone) })}
      </p>
      {coming.length === 0 ? (
        <p>{t('sheet.none')}</p>
      ) : (
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">{t('sheet.times')}</th>
              <th scope="col">{t('column.patient')}</th>
              <th scope="col">{t('sheet.contact')}</th>
              <th scope="col">{t('sheet.reason')}</th>
              <th scope="col">{t('column.status')}</th>
              <th scope="col" className={classes.notes}>
                {t('sheet.notes')}
              </th>
            </tr>
          </thead>
          <tbody>
            {coming.map((booking) => (
              <tr key={booking.id}>
                <td className="tabular">{formatTimes(booking.startsAt, booking.endsAt, timeZone)}</td>
                <td>
                  <PatientName of={booking} />
                  {booking.units > 1 ? ` (${t('units', { count: booking.units })})` : ''}
                  {booking.patientFlags?.map((flag) => (
                    <div key={flag}>
                      <strong>
                        <bdi>{flag}</bdi>
                      </strong>
                    </div>
                  ))}
                </td>
                <td className={classes.contact}>
                  {booking.patient.phone === undefined ? (
                    <bdi>{booking.patient.email ?? ''}</bdi>
                  ) : (
                    <span className={classes.phone} dir="ltr">
                      {booking.patient.phone}
                    </span>
                  )}
                </td>
                <td>
                  {booking.visitTypeId === undefined ? null : <VisitOfBooking booking={booking} />}
                  {booking.visitTypeId === undefined || booking.reason === null ? null : ' · '}
                  {booking.reason}
                  {booking.resources === undefined ? null : ' · '}
                  <ResourcesOfBooking booking={booking} />
                  <AnswersInRow booking={booking} timeZone={timeZone} />
                </td>
                <td>
                  {t(`shell:status.${booking.status}`)}
                  {isExpected(booking) ? ` · ${t('shell:attendance')}` : ''}
                  {booking.appointmentType === 'video' ? ` · ${t('shell:appointmentType.video')}` : ''}
                </td>
                <td />
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}
