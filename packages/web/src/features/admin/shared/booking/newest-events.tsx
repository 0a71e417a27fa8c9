import type { BookingEvent } from '@holdfast/contract/client'
import { referenceOf } from '@holdfast/vocabulary'
import { Checkbox, Group, Text, Title } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { formatDayTime } from '../../../../lib/i18n/format.ts'
import layoutClasses from '../../../../ui/layout.module.css'
import { ListTable } from '../../../../ui/list-table.tsx'
import { ErrorState } from '../../../../ui/states/error-state.tsx'
import { useClinic } from '../../use-clinic.ts'
import { eventLabel } from './event-label.ts'
import { newestEventsQuery } from './newest-events-query.ts'

/** The latest events of the log; those of holds only on request. */
export function NewestEvents({ limit }: { limit: number }) {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const [withHolds, setWithHolds] = useState(false)
  const newest = useQuery({
    ...newestEventsQuery(clinicId, limit, !withHolds),
    placeholderData: keepPreviousData,
  })
  return (
    <section aria-labelledby="newest-events">
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h3" id="newest-events">
          {t('events.title')}
        </Title>
        <Checkbox
          label={t('events.withHolds')}
          checked={withHolds}
          onChange={({ currentTarget }) => setWithHolds(currentTarget.checked)}
        />
      </Group>
      {newest.data === undefined ? (
        newest.isError ? (
          <ErrorState error={newest.error} retry={() => void newest.refetch()} />
        ) : (
          <Text role="status" aria-busy="true">
            {t('events.loading')}
          </Text>
        )
      ) : newest.data.length === 0 ? (
        <Text c="dimmed">{t('events.none')}</Text>
      ) : (
        <EventsTable events={newest.data} />
      )}
    </section>
  )
}

function EventsTable({ events }: { events: readonly BookingEvent[] }) {
  const { t } = useTranslation(['admin', 'shell'])
  const { clinicId, doctors, timeZone } = useClinic()
  return (
    <ListTable
      caption={t('events.title')}
      heads={[t('audit.when'), t('column.event'), t('column.doctor'), t('column.booking')]}
    >
      {events.map((event) => (
        <tr key={event.position}>
          <td className="tabular">{formatDayTime(event.at, timeZone)}</td>
          <td>{t(eventLabel(event))}</td>
          <td data-label={t('column.doctor')}>{doctors.find(({ id }) => id === event.doctorId)?.name ?? '–'}</td>
          <td>
            <Link
              className={layoutClasses.link}
              to="/clinic/$clinicId/bookings/$bookingId"
              params={{ clinicId, bookingId: event.bookingId }}
              aria-label={t('events.open', { reference: referenceOf(event.bookingId) })}
            >
              <bdi className="tabular">{referenceOf(event.bookingId)}</bdi>
            </Link>
          </td>
        </tr>
      ))}
    </ListTable>
  )
}
