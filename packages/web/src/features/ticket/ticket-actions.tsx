import type { Booking, Clinic, Doctor } from '@holdfast/contract/client'
import { referenceOf } from '@holdfast/vocabulary'
import { Button } from '@mantine/core'
import { IconCalendar, IconPrinter } from '@tabler/icons-react'
import { getRouteApi } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { canBeChanged, isAttendanceAsked, isRequest } from '../../domain/bookings/offered-actions.ts'
import { type TicketLink, ticketHash } from '../../domain/bookings/ticket-link.ts'
import type { Attending } from '../../domain/bookings/use-attending.ts'
import { CopyLink } from '../../domain/links/copy-link.tsx'
import { JoinVideo } from '../../domain/video/join-video.tsx'
import { loadTexts } from '../../lib/i18n/i18n.ts'
import { saveFile } from '../../lib/save-file.ts'
import { serverNow } from '../../lib/time/server-clock.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { LinkButton } from '../../ui/buttons/link-button.tsx'
import { showPageTitle } from '../../ui/focus/page-focus.ts'
import { Icon } from '../../ui/icon.tsx'
import { PageLoading } from '../../ui/states/page-loading.tsx'
import { calendarFile } from './calendar-file.ts'
import { KeepTicket } from './keep-ticket.tsx'
import { MoreActions } from './more-actions.tsx'
import type { Moved } from './moved-notice.tsx'
import { RenewTicketLink } from './renew-ticket-link.tsx'
import classes from './ticket.module.css'

// Loaded on demand: most visitors only read the ticket.
const CancelBooking = lazy(async () => ({
  default: (await import('../../domain/bookings/cancel-booking.tsx')).CancelBooking,
}))
const MoveBooking = lazy(async () => {
  const [{ MoveBooking: shown }] = await Promise.all([import('./move-booking.tsx'), loadTexts('booking')])
  return { default: shown }
})

const route = getRouteApi('/ticket')

/**
 * A patient who has just booked is coming: for this long, the button that confirms that is among the seldom used ones.
 */
const freshMs = 12 * 3_600_000

type ActionsProps = {
  booking: Booking
  doctor: Doctor
  clinic: Clinic
  link: TicketLink
  isOffline: boolean
  isKept: boolean
  /** The times to move to are shown. */
  isMoving: boolean
  onMoving: (isMoving: boolean) => void
  /** The dialog that cancels is shown. */
  isCancelling: boolean
  onCancelling: (isCancelling: boolean) => void
  /** Confirms that the patient comes; null: the page asks for it above. */
  attending: Attending | null
  onMoved: (moved: Moved) => void
}

/** What is due next, moving and cancelling; other buttons are behind one. Offline, only those that need no network. */
export function TicketActions({ booking, doctor, clinic, link, ...props }: ActionsProps) {
  const { t } = useTranslation('ticket')
  const { isOffline, isKept, attending, isMoving, onMoving, isCancelling, onCancelling, onMoved } = props
  const { move: isMovingAtFirst = false, cancel: isCancellingAtFirst = false } = route.useSearch()
  const navigate = route.useNavigate()
  // So that a reload shows the ticket alone.
  const forgetSearch = () => void navigate({ search: {}, hash: true, state: true, replace: true, resetScroll: false })
  const endMoving = () => {
    onMoving(false)
    // The heading says what the ticket is now; the times, which had the focus, are gone.
    showPageTitle()
    if (isMovingAtFirst) forgetSearch()
  }
  const endCancelling = () => {
    onCancelling(false)
    if (isCancellingAtFirst) forgetSearch()
  }
  const isComing = booking.status === 'CONFIRMED' || booking.status === 'PENDING'
  // An offer of the waitlist is accepted or declined, on its page.
  const isChangeable = canBeChanged(booking) && !isOffline
  const now = serverNow()
  const isFresh = now - Date.parse(booking.createdAt) < freshMs
  const isAsked = attending !== null && isAttendanceAsked(booking, clinic, now) && !isOffline
  const isFirst = isAsked && !isFresh
  const attend = isAsked ? (
    <ActionButton
      variant={isFirst ? 'filled' : 'default'}
      isBusy={attending.isPending}
      onClick={() => attending.mutate(booking)}
    >
      {t('attend.button')}
    </ActionButton>
  ) : null
  const download = () =>
    downloadCalendar(booking, {
      summary: t('calendar.summary', { doctor: doctor.name }),
      location:
        booking.appointmentType === 'video'
          ? (booking.joinUrl ?? t('video.byClinic', { clinic: clinic.name }))
          : [clinic.name, clinic.address].filter(Boolean).join(', '),
      description: t('calendar.description', { reference: referenceOf(booking.id), clinic: clinic.name }),
    })
  const calendar =
    booking.status === 'CONFIRMED' ? (
      <Button
        variant={booking.joinUrl === null && !isFirst ? 'filled' : 'default'}
        leftSection={<Icon of={IconCalendar} size={18} />}
        onClick={download}
      >
        {t('calendar.add')}
      </Button>
    ) : null
  return (
    <div className="no-print">
      <div className={classes.actions}>
        {isFirst ? attend : null}
        <JoinVideo url={booking.joinUrl} variant={isFirst ? 'default' : 'filled'} />
        {/* A hold with a patient, such as an offer of the waitlist, can be confirmed as it is. */}
        {booking.status === 'PENDING' && booking.patient.name !== '' && !isRequest(booking) && !isOffline ? (
          <LinkButton to="/offer" hash={ticketHash(link)}>
            {t('acceptOrDecline')}
          </LinkButton>
        ) : null}
        {isFirst ? null : calendar}
        {/* The address of the page has no secret, and opens nothing when the tab is closed. */}
        {link.manageToken === null ? null : (
          <CopyLink address={`${window.location.origin}/ticket#${ticketHash(link)}`} />
        )}
        {isComing ? null : <BookAgain booking={booking} doctor={doctor} link={link} />}
        {isChangeable ? <Changes {...{ isMoving, onMoving, onCancelling }} /> : null}
        {isRequest(booking) && !isOffline ? (
          <Button variant="default" onClick={() => onCancelling(true)}>
            {t('request.withdraw')}
          </Button>
        ) : null}
        <MoreActions>
          <div className={classes.actions}>
            {isFirst ? calendar : attend}
            <Button variant="default" leftSection={<Icon of={IconPrinter} size={18} />} onClick={() => window.print()}>
              {t('print')}
            </Button>
            {link.manageToken === null || isOffline ? null : <RenewTicketLink link={link} />}
          </div>
          <KeepTicket booking={booking} doctor={doctor} clinic={clinic} link={link} isKept={isKept} />
        </MoreActions>
      </div>
      {isMoving && isChangeable ? (
        <Suspense fallback={<PageLoading />}>
          <MoveBooking
            booking={booking}
            doctor={doctor}
            clinic={clinic}
            link={link}
            onMoved={(moved) => {
              onMoved(moved)
              endMoving()
            }}
            onKeep={endMoving}
          />
        </Suspense>
      ) : null}
      {/* Not offline: the dialog's code may not have been loaded, and the ticket must be shown without it. */}
      {isOffline ? null : (
        <Suspense>
          <CancelBooking
            link={link}
            booking={booking}
            doctor={doctor}
            timeZone={clinic.timezone}
            isOpen={isCancelling && isComing}
            onClose={endCancelling}
          />
        </Suspense>
      )}
    </div>
  )
}

type ChangesProps = Pick<ActionsProps, 'isMoving' | 'onMoving' | 'onCancelling'>

function Changes({ isMoving, onMoving, onCancelling }: ChangesProps) {
  const { t } = useTranslation('ticket')
  return (
    <>
      <Button variant="default" aria-expanded={isMoving} onClick={() => onMoving(!isMoving)}>
        {t('move.start')}
      </Button>
      <Button variant="default" onClick={() => onCancelling(true)}>
        {t('cancel.start')}
      </Button>
    </>
  )
}

/** A link to the doctor's times, whose page reads the patient's details from this booking. */
function BookAgain({ booking: { visitTypeId }, doctor, link }: Pick<ActionsProps, 'booking' | 'doctor' | 'link'>) {
  const { t } = useTranslation('ticket')
  const state = link.manageToken === null ? {} : { fragment: ticketHash(link) }
  return (
    <LinkButton
      to="/doctors/$doctorId"
      params={{ doctorId: doctor.id }}
      search={visitTypeId === undefined ? {} : { visitType: visitTypeId }}
      state={state}
    >
      {t('bookAgain')}
    </LinkButton>
  )
}

function downloadCalendar(booking: Booking, texts: { summary: string; location: string; description: string }): void {
  const { id, version, startsAt, endsAt, status, joinUrl } = booking
  const isCancelled = status === 'CANCELLED' || status === 'FAILED'
  const stampedAt = new Date().toISOString()
  const file = calendarFile({ id, sequence: version, startsAt, endsAt, ...texts, url: joinUrl, isCancelled, stampedAt })
  saveFile(`${referenceOf(id)}.ics`, file, 'text/calendar')
}
