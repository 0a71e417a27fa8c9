import type { BookingHistory as History } from '@holdfast/contract/client'
import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { formatDayTime } from '../../../lib/i18n/format.ts'
import { Panel } from '../../../ui/panel.tsx'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { eventLabel } from '../shared/booking/event-label.ts'
import { useClinic } from '../use-clinic.ts'
import { historyQuery } from './booking-queries.ts'
import classes from './bookings.module.css'

/** The events of a booking, with their actors. */
export function BookingHistory({ bookingId }: { bookingId: string }) {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const history = useQuery(historyQuery(clinicId, bookingId))
  return (
    <Panel id="booking-history" title={t('booking.history')}>
      {history.data === undefined ? (
        history.isError ? (
          <ErrorState error={history.error} retry={() => void history.refetch()} />
        ) : (
          <Text role="status" aria-busy="true">
            {t('events.loading')}
          </Text>
        )
      ) : (
        <ol className={classes.history}>
          {history.data.map((entry) => (
            <Entry key={entry.event.version} entry={entry} />
          ))}
        </ol>
      )}
    </Panel>
  )
}

type HistoryEntry = History['items'][number]

/** What a patient can do. The system did the rest, unless an account did it. */
const byPatients = new Set<HistoryEntry['event']['type']>([
  ...(['held', 'confirmed', 'extended', 'link_requested', 'moved', 'cancelled', 'linked'] as const),
  ...(['attendance_confirmed', 'attendance_withdrawn', 'consent_withdrawn', 'answers_corrected'] as const),
])

function Entry({ entry: { event, actorName, fromStartsAt, startsAt } }: { entry: HistoryEntry }) {
  const { t } = useTranslation(['admin', 'shell'])
  const { timeZone, doctors } = useClinic()
  const by =
    actorName ??
    (event.actorId !== null ? t('booking.byDeletedAccount') : byPatients.has(event.type) ? t('booking.byPatient') : '')
  const doctor = doctors.find(({ id }) => id === event.doctorId)?.name
  return (
    <li>
      <Text fw={600}>{t(eventLabel(event))}</Text>
      <Text size="sm" c="dimmed" className="tabular">
        {formatDayTime(event.at, timeZone)}
        {by === '' ? '' : ` · ${by}`}
      </Text>
      {fromStartsAt === null || startsAt === null ? null : (
        <Text size="sm">
          {t('booking.movedBetween', {
            from: formatDayTime(fromStartsAt, timeZone),
            to: formatDayTime(startsAt, timeZone),
          })}
        </Text>
      )}
      {event.type === 'moved' && doctor ? <Text size="sm">{t('booking.movedTo', { doctor })}</Text> : null}
      {event.reason && event.type !== 'linked' ? (
        <Text size="sm">{t(`failure.${event.reason}`, { defaultValue: event.reason })}</Text>
      ) : null}
    </li>
  )
}
