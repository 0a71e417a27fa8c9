import type { Booking } from '@holdfast/contract/client'
import { Alert, Stack, Text } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { getRouteApi, Navigate } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { requestState } from '../../domain/bookings/status-label.ts'
import type { TicketLink } from '../../domain/bookings/ticket-link.ts'
import { useAttending } from '../../domain/bookings/use-attending.ts'
import { refusalCode } from '../../lib/api/api-error.ts'
import { formatDayTime, ownTimeZone } from '../../lib/i18n/format.ts'
import { loadTexts } from '../../lib/i18n/i18n.ts'
import { useSession } from '../../lib/session/session.ts'
import { LinkButton } from '../../ui/buttons/link-button.tsx'
import { PageTitle } from '../../ui/focus/page-title.tsx'
import { Icon } from '../../ui/icon.tsx'
import { EmptyState } from '../../ui/states/empty-state.tsx'
import { PageLoading } from '../../ui/states/page-loading.tsx'
import { Attendance } from './attendance.tsx'
import { LinkBooking } from './link-booking.tsx'
import { type Moved, MovedNotice } from './moved-notice.tsx'
import { TicketActions } from './ticket-actions.tsx'
import { TicketCard } from './ticket-card.tsx'
import { TicketNotOpened } from './ticket-not-opened.tsx'
import { useTicket } from './use-ticket.ts'
import { useTicketLink } from './use-ticket-link.ts'

// Only shown where the link is incomplete.
const KeptTickets = lazy(async () => ({
  default: (await import('../../domain/bookings/kept-tickets.tsx')).KeptTickets,
}))

// Only shown where the visit type asks something.
const TicketAnswers = lazy(async () => {
  const [{ TicketAnswers: shown }] = await Promise.all([import('./ticket-answers.tsx'), loadTexts('answers')])
  return { default: shown }
})
// Few bookings belong to a series.
const SeriesSection = lazy(async () => {
  const [{ SeriesSection: shown }] = await Promise.all([
    import('../../domain/series/series-section.tsx'),
    loadTexts('series'),
  ])
  return { default: shown }
})

const route = getRouteApi('/ticket')

/** The page of one booking, opened by its secret link. */
export function TicketPage() {
  const { t } = useTranslation('ticket')
  const link = useTicketLink()
  if (link === undefined) return <PageLoading />
  if (link !== null) return <Ticket key={link.bookingId} link={link} />
  return (
    <>
      <PageTitle>{t('title')}</PageTitle>
      <EmptyState title={t('invalidLink.title')} help={t('invalidLink.help')}>
        <LinkButton to="/">{t('findDoctor')}</LinkButton>
      </EmptyState>
      <Suspense>
        <KeptTickets />
      </Suspense>
    </>
  )
}

/** A booking also fails when the clinic withdraws its slot, and may have been confirmed before. */
function headingOf(booking: Booking, moved: Moved | null) {
  const { status, failureReason, cancelledBy } = booking
  const request = requestState(booking)
  if (request !== null) return `request.${request}` as const
  if (status === 'CONFIRMED' && moved !== null && !moved.isUndone) return 'heading.moved'
  if (status === 'FAILED' && failureReason === 'slot_withdrawn') return 'heading.slot_withdrawn'
  if (status === 'CANCELLED' && cancelledBy === 'clinic') return 'heading.cancelledByClinic'
  return `heading.${status}` as const
}

/** Only a guest's ticket has a link to copy; the account opens a linked one by its own. */
function helpOf(booking: Booking, { manageToken }: TicketLink) {
  const { status, failureReason, cancelledBy } = booking
  const request = requestState(booking)
  if (request === 'waiting' && booking.units === 0) return 'request.waitingNotHeldHelp'
  if (request !== null) return request === 'withdrawn' ? 'help.CANCELLED' : (`request.${request}Help` as const)
  if (status === 'FAILED') {
    // A released hold, and a request whose time is gone, are CANCELLED.
    const hasReason = failureReason !== null && failureReason !== 'hold_released' && failureReason !== 'time_taken'
    return hasReason ? (`failed.${failureReason}` as const) : 'failed.system_error'
  }
  if (status === 'CANCELLED' && cancelledBy === 'clinic') return 'help.cancelledByClinic'
  return status === 'CONFIRMED' && manageToken === null ? 'help.confirmedInAccount' : (`help.${status}` as const)
}

function Ticket({ link }: { link: TicketLink }) {
  const { t } = useTranslation('ticket')
  const ticket = useTicket(link)
  const session = useSession()
  const [moved, setMoved] = useState<Moved | null>(null)
  const { move: isMovingAtFirst = false, cancel: isCancellingAtFirst = false, attend = false } = route.useSearch()
  const [isMoving, setMoving] = useState<boolean>(isMovingAtFirst)
  const [isCancelling, setCancelling] = useState<boolean>(isCancellingAtFirst)
  const attending = useAttending(link)
  if (ticket.kind === 'loading') return <PageLoading />
  const isVoidToken = ticket.kind === 'failed' && refusalCode(ticket.error) === 'booking_not_found'
  if (isVoidToken && link.manageToken !== null && session.kind === 'account') {
    // The booking may have been linked to this account, which voided the token.
    return <Navigate to="/ticket" search={true} hash={link.bookingId} state={{ manageToken: null }} replace />
  }
  if (ticket.kind === 'failed') return <TicketNotOpened {...ticket} link={link} />
  const { booking, keptAt: storedAt } = ticket
  const { timezone } = ticket.clinic
  return (
    <Stack gap="lg">
      <div>
        <PageTitle of={t('title')}>{t(headingOf(booking, moved))}</PageTitle>
        <Text c="dimmed" mt={4} className="no-print">
          {t(helpOf(booking, link), { time: formatDayTime(booking.holdExpiresAt ?? booking.startsAt, timezone) })}
        </Text>
      </div>
      {storedAt === null ? null : (
        <Alert color="amber" variant="outline" icon={<Icon of={IconAlertTriangle} />} role="status">
          {t('offline', { time: formatDayTime(storedAt, ownTimeZone()) })}
        </Alert>
      )}
      {moved === null || booking.status !== 'CONFIRMED' ? null : (
        <MovedNotice
          key={moved.after.startsAt}
          moved={moved}
          clinic={ticket.clinic}
          link={link}
          onMoved={setMoved}
          onChoose={() => setMoving(true)}
        />
      )}
      <Attendance
        booking={booking}
        attending={attending}
        isAsked={attend}
        isOffline={storedAt !== null}
        onCancel={() => setCancelling(true)}
      />
      <TicketCard {...ticket} link={link} isOffline={storedAt !== null} />
      <TicketActions
        {...ticket}
        link={link}
        isOffline={storedAt !== null}
        isMoving={isMoving}
        onMoving={setMoving}
        isCancelling={isCancelling}
        onCancelling={setCancelling}
        attending={attend ? null : attending}
        onMoved={setMoved}
      />
      {storedAt !== null || booking.answers === undefined || booking.answers.length === 0 ? null : (
        <Suspense fallback={null}>
          <TicketAnswers booking={booking} timeZone={ticket.clinic.timezone} link={link} />
        </Suspense>
      )}
      {storedAt !== null || booking.series === undefined ? null : (
        <Suspense>
          <SeriesSection booking={booking} manageToken={link.manageToken} timeZone={ticket.clinic.timezone} />
        </Suspense>
      )}
      {storedAt !== null || booking.status === 'FAILED' ? null : <LinkBooking booking={booking} link={link} />}
    </Stack>
  )
}
