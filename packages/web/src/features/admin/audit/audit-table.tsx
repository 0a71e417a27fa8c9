import type { AuditEvent } from '@holdfast/contract/client'
import { Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { RefObject } from 'react'
import { useTranslation } from 'react-i18next'
import { formatDayTime } from '../../../lib/i18n/format.ts'
import layoutClasses from '../../../ui/layout.module.css'
import { ListTable } from '../../../ui/list-table.tsx'
import { type AuditNames, useAuditTexts } from './use-audit-texts.ts'

type AuditTableProps = {
  events: readonly AuditEvent[]
  timeZone: string
  /** true: events of all clinics, whose names are shown. */
  isSite: boolean
  isOlder: boolean
  names: AuditNames
  rowsRef: RefObject<HTMLTableSectionElement | null>
}

export function AuditTable({ events, timeZone, isSite, isOlder, names, rowsRef }: AuditTableProps) {
  const { t } = useTranslation('admin')
  const texts = useAuditTexts(names)
  return (
    <ListTable
      caption={t('audit.title')}
      heads={[
        t('audit.when'),
        t('audit.what'),
        t('audit.who'),
        t('audit.subject'),
        t('audit.network'),
        isSite ? t('tabs.label') : null,
      ]}
      rowsRef={rowsRef}
      isOlder={isOlder}
    >
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
            <About event={event} text={texts.about(event)} />
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
    </ListTable>
  )
}

const ofBookings = new Set<AuditEvent['kind']>([
  'booking_read',
  'message_sent_again',
  'patients_erased',
  'patient_corrected',
])

/** A booking is a link. */
function About({ event: { kind, subjectId, clinicId }, text }: { event: AuditEvent; text: string | null }) {
  if (!ofBookings.has(kind) || clinicId === null || subjectId === null) return <bdi>{text ?? '–'}</bdi>
  return (
    <Link
      className={layoutClasses.link}
      to="/clinic/$clinicId/bookings/$bookingId"
      params={{ clinicId, bookingId: subjectId }}
    >
      <bdi className="tabular">{text}</bdi>
    </Link>
  )
}
