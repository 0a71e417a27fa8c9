import type { AuditEvent } from '@holdfast/contract/client'
import { Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { referenceOf } from '../../../domain/bookings/ticket-link.ts'
import { formatDayTime } from '../../../lib/format.ts'
import layoutClasses from '../../../ui/layout.module.css'
import tableClasses from '../../../ui/table.module.css'
import { useAuditTexts } from './use-audit-texts.ts'

type AuditTableProps = {
  events: readonly AuditEvent[]
  timeZone: string
  /** true: events of all clinics, whose names are shown. */
  isSite: boolean
  isOlder: boolean
}

export function AuditTable({ events, timeZone, isSite, isOlder }: AuditTableProps) {
  const { t } = useTranslation('admin')
  const texts = useAuditTexts()
  return (
    <table className={tableClasses.table} style={isOlder ? { opacity: 0.6 } : {}}>
      <caption className={tableClasses.caption}>{t('audit.title')}</caption>
      <thead>
        <tr>
          <th scope="col">{t('column.when')}</th>
          <th scope="col">{t('audit.what')}</th>
          <th scope="col">{t('audit.who')}</th>
          <th scope="col">{t('audit.subject')}</th>
          <th scope="col">{t('audit.network')}</th>
          {isSite ? <th scope="col">{t('tabs.label')}</th> : null}
        </tr>
      </thead>
      <tbody>
        {events.map((event) => (
          <tr key={event.id}>
            <td className="tabular">{formatDayTime(event.at, timeZone)}</td>
            <td>
              {texts.what(event)}
              <Text size="sm" c="dimmed">
                <bdi>{texts.details(event)}</bdi>
              </Text>
            </td>
            <td data-label={t('audit.who')}>
              <bdi>{texts.who(event)}</bdi>
              {event.actorEmail === null ? null : (
                <Text size="sm" c="dimmed">
                  <bdi>{event.actorEmail}</bdi>
                </Text>
              )}
            </td>
            <td data-label={t('audit.subject')}>
              <Subject event={event} />
            </td>
            <td data-label={t('audit.network')}>
              <bdi className="tabular">{event.network ?? '–'}</bdi>
            </td>
            {isSite ? (
              <td data-label={t('tabs.label')}>
                <bdi>{event.clinicName ?? '–'}</bdi>
              </td>
            ) : null}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** A booking is a link; an account has its name; of anything else there is the end of its id. */
function Subject({ event: { kind, subjectId, subjectName, clinicId } }: { event: AuditEvent }) {
  if (subjectId === null) return '–'
  const reference = referenceOf(subjectId)
  if (kind !== 'booking_read' || clinicId === null) return <bdi>{subjectName ?? reference}</bdi>
  return (
    <Link
      className={layoutClasses.link}
      to="/clinic/$clinicId/bookings/$bookingId"
      params={{ clinicId, bookingId: subjectId }}
    >
      <bdi className="tabular">{reference}</bdi>
    </Link>
  )
}
