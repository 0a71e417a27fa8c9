import { useQuery } from '@tanstack/react-query'
import { createPortal } from 'react-dom'
import { useTranslation } from 'react-i18next'
import { formatDate, formatDayTime } from '../../lib/i18n/format.ts'
import { clinicDoctorsQuery } from '../../lib/queries/clinic-queries.ts'
import { clinicQuery } from '../../lib/queries/directory-queries.ts'
import { serverNow } from '../../lib/time/server-clock.ts'
import classes from '../bookings/day-sheet.module.css'
import { PatientName } from '../bookings/patient-name.tsx'
import type { Affected } from './affected.ts'
import { UnreadNote } from './affected-list.tsx'
import type { Days } from './withdrawal-search.ts'

type AffectedSheetProps = {
  affected: readonly Affected[]
  /** How many slots are, or would be, withdrawn. */
  note: string
  days: Days
  doctorId: string
  clinicId: string
  timeZone: string
  /** See {@link UnreadNote}. */
  isWithdrawn?: boolean
}

/**
 * The patients to call, on paper, with a box to tick, or the appointment that they have got since. While it is there,
 * only the sheet is printed.
 */
export function AffectedSheet(props: AffectedSheetProps) {
  const { affected, note, days, doctorId, clinicId, timeZone, isWithdrawn } = props
  const { t } = useTranslation('schedule')
  const clinic = useQuery(clinicQuery(clinicId)).data
  const doctor = useQuery(clinicDoctorsQuery(clinicId)).data?.find(({ id }) => id === doctorId)
  const dayOf = (day: string) => formatDate(day, { weekday: 'short', day: 'numeric', month: 'long', year: 'numeric' })
  const range = days.from === days.to ? dayOf(days.from) : `${dayOf(days.from)} – ${dayOf(days.to)}`
  return createPortal(
    <section className={`${classes.sheet} print-only print-alone`} aria-label={t('withdraw.list')}>
      <h2 className={classes.title}>{doctor?.name}</h2>
      <p className={classes.subtitle}>
        {range} · <bdi>{clinic?.name}</bdi> · {t('sheet.printed', { time: formatDayTime(serverNow(), timeZone) })}
      </p>
      <p>{note}</p>
      <UnreadNote affected={affected} isWithdrawn={isWithdrawn} />
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">{t('sheet.times')}</th>
            <th scope="col">{t('column.patient')}</th>
            <th scope="col">{t('sheet.contact')}</th>
            <th scope="col">{t('withdraw.called')}</th>
            <th scope="col" className={classes.notes}>
              {t('sheet.notes')}
            </th>
          </tr>
        </thead>
        <tbody>
          {affected.map(({ id, startsAt, booking }) => (
            <tr key={id}>
              <td className="tabular">{formatDayTime(startsAt, timeZone)}</td>
              <td>{booking === undefined ? t('withdraw.unknownPatient') : <PatientName of={booking} />}</td>
              <td>
                <bdi>{[booking?.patient.phone, booking?.patient.email].filter(Boolean).join(', ')}</bdi>
              </td>
              <td>
                {booking?.bookedSince === undefined
                  ? '☐'
                  : t('withdraw.bookedSince', { when: formatDayTime(booking.bookedSince.startsAt, timeZone) })}
              </td>
              <td />
            </tr>
          ))}
        </tbody>
      </table>
    </section>,
    document.body,
  )
}
