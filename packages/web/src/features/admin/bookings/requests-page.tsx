import type { Booking } from '@holdfast/contract/client'
import { Button, Group, Stack, Text } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { type RefObject, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { BookingActions } from '../../../domain/bookings/booking-actions.tsx'
import { isRequest } from '../../../domain/bookings/offered-actions.ts'
import { usePendingMarks, withMarks } from '../../../domain/bookings/pending-marks.ts'
import { StatusMark } from '../../../domain/bookings/status-mark.tsx'
import { VisitOfBooking } from '../../../domain/visits/visit-of-booking.tsx'
import { formatDayTime } from '../../../lib/i18n/format.ts'
import { PageTitle } from '../../../ui/focus/page-title.tsx'
import { ShowMore } from '../../../ui/show-more.tsx'
import { EmptyState } from '../../../ui/states/empty-state.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import tableClasses from '../../../ui/table.module.css'
import { BookingLink } from '../shared/booking/booking-link.tsx'
import { requestsQuery } from '../shared/booking/requests-query.ts'
import { useClinic } from '../use-clinic.ts'
import { CancelDialog } from './cancel-dialog.tsx'
import { RequestsToCall } from './requests-to-call.tsx'

/** What patients have asked the clinic for, with the buttons that answer it. */
export function RequestsPage() {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const found = useInfiniteQuery(requestsQuery(clinicId))
  const rowsRef = useRef<HTMLTableSectionElement>(null)
  const marks = usePendingMarks(clinicId)
  const [declining, setDeclining] = useState<Booking | null>(null)
  const stored = found.data?.pages.flatMap(({ items }) => items)
  const requests = withMarks(stored ?? [], marks)
  return (
    <Stack gap="lg">
      <div>
        <PageTitle>{t('tabs.requests')}</PageTitle>
        <Text c="dimmed">{t('requests.help')}</Text>
      </div>
      {found.data === undefined ? (
        <LoadingOrError of={found} />
      ) : requests.length === 0 ? (
        <EmptyState title={t('requests.none')} help={t('requests.noneHelp')} />
      ) : (
        <>
          <RequestsTable requests={requests} rowsRef={rowsRef} onDecline={setDeclining} />
          <ShowMore pages={found} count={requests.length} listRef={rowsRef} />
        </>
      )}
      <RequestsToCall waiting={stored?.filter(isRequest)} />
      {declining === null ? null : (
        <CancelDialog key={declining.id} booking={declining} isOpen onClose={() => setDeclining(null)} />
      )}
    </Stack>
  )
}

type TableProps = {
  requests: ReturnType<typeof withMarks>
  rowsRef: RefObject<HTMLTableSectionElement | null>
  onDecline: (request: Booking) => void
}

function RequestsTable({ requests, rowsRef, onDecline }: TableProps) {
  const { t } = useTranslation('admin')
  const { doctors, timeZone } = useClinic()
  return (
    <table className={tableClasses.table}>
      <caption className={tableClasses.caption}>{t('tabs.requests')}</caption>
      <thead>
        <tr>
          <th scope="col">{t('column.when')}</th>
          <th scope="col">{t('column.patient')}</th>
          <th scope="col">{t('column.doctor')}</th>
          <th scope="col">{t('requests.until')}</th>
          <th scope="col">{t('requests.answer')}</th>
        </tr>
      </thead>
      <tbody ref={rowsRef}>
        {requests.map((request) => (
          <tr key={request.id}>
            <td className="tabular">
              {formatDayTime(request.startsAt, timeZone)}
              {request.isTimeFree === undefined ? null : (
                <Text size="sm">{t(request.isTimeFree ? 'requests.timeFree' : 'requests.timeTaken')}</Text>
              )}
            </td>
            <td>
              <BookingLink booking={request} />
              <Text size="sm">
                <VisitOfBooking booking={request} />
              </Text>
              {request.reason === null ? null : (
                <Text size="sm" c="dimmed" dir="auto">
                  {request.reason}
                </Text>
              )}
            </td>
            <td data-label={t('column.doctor')}>{doctors.find(({ id }) => id === request.doctorId)?.name ?? '–'}</td>
            <td className="tabular" data-label={t('requests.until')}>
              {request.holdExpiresAt === null ? (
                <StatusMark of={request} />
              ) : (
                formatDayTime(request.holdExpiresAt, timeZone)
              )}
            </td>
            <td>
              <Group gap="xs" align="start">
                <BookingActions booking={request} timeZone={timeZone} />
                {isRequest(request) ? (
                  <Button
                    variant="default"
                    size="sm"
                    aria-label={t('requests.declineOf', { name: request.patient.name })}
                    onClick={() => onDecline(request)}
                  >
                    {t('requests.decline')}
                  </Button>
                ) : null}
              </Group>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
