import type { Booking, ConfirmationLink } from '@holdfast/contract/client'
import { Group, Skeleton, Text, VisuallyHidden } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useEffectEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { formatAppointment, formatCountdown, formatDayTime, formatMinutes, formatZone } from '../../lib/i18n/format.ts'
import { nameWithSpecialization } from '../../lib/i18n/specialization-name.ts'
import { clinicQuery, doctorQuery } from '../../lib/queries/directory-queries.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { FocusedTitle } from '../../ui/focus/focused-title.tsx'
import { showPageTitle } from '../../ui/focus/page-focus.ts'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { AskedFields } from '../answers/asked-fields.tsx'
import { type Answered, useAnswering } from '../answers/use-answering.ts'
import type { TicketLink } from '../bookings/ticket-link.ts'
import { useBookingChanges } from '../bookings/use-booking-changes.ts'
import { SendAgain, SentTo } from '../hold/sent-link.tsx'
import { useSecondsLeft } from '../hold/use-seconds-left.ts'
import { isOverlap, LazyOverlapQuestion } from '../overlap/lazy-overlap-question.tsx'
import { VisitOfBooking } from '../visits/visit-of-booking.tsx'
import classes from './offer-panel.module.css'

/** When the time left is announced, in minutes. */
const announcedMinutes = [1, 5] as const

type OfferProps = {
  booking: Booking
  link: TicketLink
  /** The token of the link in the offer's e-mail, if it opened the offer. */
  confirmationToken?: string | null
  /** The offer may have changed: it was declined, refused, or its time is over. */
  onChange: () => void
}

/** An open offer: the appointment, the time left, and one press to accept or to decline it. */
export function OfferPanel({ booking, link, confirmationToken = null, onChange }: OfferProps) {
  const { t } = useTranslation('waitlist')
  const { isBusy, error, accept, decline, forget } = useResponse(link, confirmationToken, onChange)
  const { fields, complete } = useAnswering(booking, error, forget)
  const clinic = useQuery(clinicQuery(booking.clinicId)).data
  const sent = confirmationToken === null ? booking.confirmationLink : undefined
  const answer = (mayOverlap: boolean) => {
    const answered = complete()
    if (answered !== undefined) accept(mayOverlap, answered)
  }
  return (
    <section className={classes.panel} aria-label={t('offer.label')}>
      <Appointment booking={booking} />
      {booking.holdExpiresAt === null ? null : (
        <Countdown key={booking.holdExpiresAt} booking={booking} until={booking.holdExpiresAt} onOver={onChange} />
      )}
      {sent === undefined ? <Text>{t('offer.help')}</Text> : <Sent booking={booking} link={sent} />}
      {sent === undefined ? <AskedFields {...fields} /> : null}
      {isOverlap(error) && clinic !== undefined ? (
        <LazyOverlapQuestion
          error={error}
          asked="patient"
          what="book"
          timeZone={clinic.timezone}
          isBusy={isBusy}
          onProceed={() => answer(true)}
        />
      ) : error === null || fields.refused !== null ? null : (
        <ErrorState error={error} />
      )}
      <Group gap="sm">
        {sent === undefined ? (
          <ActionButton isBusy={isBusy} onClick={() => answer(false)}>
            {t('offer.accept')}
          </ActionButton>
        ) : null}
        {sent?.nextAt == null ? null : (
          <SendAgain nextAt={sent.nextAt} isBusy={isBusy} onSend={() => accept(false, null)} />
        )}
        <ActionButton variant="default" isBusy={isBusy} onClick={decline}>
          {t('offer.decline')}
        </ActionButton>
      </Group>
    </section>
  )
}

/** The clinic confirms by link: the e-mail that was sent when the offer was accepted here. */
function Sent({ booking, link: { nextAt, failure } }: { booking: Booking; link: ConfirmationLink }) {
  const { t } = useTranslation('booking-more')
  return (
    <div>
      <FocusedTitle id="link-title">{t('link.title')}</FocusedTitle>
      <SentTo email={booking.patient.email ?? ''} failure={failure} isLast={nextAt === null} canCorrect={false} />
    </div>
  )
}

type Decision = { isAccepted: boolean; mayOverlap: boolean; answered: Answered | null }

/** Accepting ends at the ticket, or with a link by e-mail. Both can be repeated after a lost response. */
function useResponse(link: TicketLink, confirmationToken: string | null, onChange: () => void) {
  const { confirm, cancel } = useBookingChanges(link)
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const respond = useMutation({
    mutationFn: ({ isAccepted, mayOverlap, answered }: Decision) =>
      isAccepted ? confirm(confirmationToken, mayOverlap, answered) : cancel(''),
    onSuccess: async ({ status }, { isAccepted }) => {
      if (isAccepted && status === 'PENDING') return
      if (isAccepted) {
        const { bookingId, manageToken } = link
        await navigate({ to: '/ticket', search: {}, hash: bookingId, state: { manageToken } })
      } else {
        // The buttons, which had the focus, are gone.
        showPageTitle()
      }
    },
    onSettled: async () => {
      await queryClient.invalidateQueries({ queryKey: ['waitlist'] })
      onChange()
    },
  })
  return {
    isBusy: respond.isPending,
    error: respond.error,
    forget: respond.reset,
    accept: (mayOverlap: boolean, answered: Answered | null) =>
      respond.mutate({ isAccepted: true, mayOverlap, answered }),
    decline: () => respond.mutate({ isAccepted: false, mayOverlap: false, answered: null }),
  }
}

function Appointment({ booking }: { booking: Booking }) {
  const { t } = useTranslation(['waitlist', 'shell'])
  const doctor = useQuery(doctorQuery(booking.doctorId)).data
  const clinic = useQuery(clinicQuery(booking.clinicId)).data
  if (doctor === undefined || clinic === undefined) return <Skeleton height="5rem" />
  return (
    <div>
      <Text size="lg" fw={600} className="tabular">
        {formatAppointment(booking.startsAt, booking.endsAt, clinic.timezone)}
      </Text>
      <Text size="sm" c="dimmed">
        {formatZone(booking.startsAt, clinic.timezone)}
      </Text>
      {booking.visitTypeId === undefined ? null : (
        <Text mt="xs" fw={600}>
          <VisitOfBooking booking={booking} /> · {formatMinutes(minutesOf(booking))}
        </Text>
      )}
      <Text mt="xs">
        {nameWithSpecialization(doctor)} · {t(`shell:appointmentType.${booking.appointmentType}`)}
      </Text>
      <Text>
        <bdi>{clinic.name}</bdi>
        {clinic.address === null ? null : (
          <>
            <br />
            <bdi>{clinic.address}</bdi>
          </>
        )}
      </Text>
    </div>
  )
}

function minutesOf({ startsAt, endsAt }: Booking): number {
  return (Date.parse(endsAt) - Date.parse(startsAt)) / 60_000
}

type CountdownProps = { booking: Booking; until: string; onOver: () => void }

function Countdown({ booking, until, onOver }: CountdownProps) {
  const { t } = useTranslation('waitlist')
  const clinic = useQuery(clinicQuery(booking.clinicId)).data
  const seconds = useSecondsLeft(until)
  const isOver = seconds === 0
  const over = useEffectEvent(onOver)
  useEffect(() => {
    if (isOver) over()
  }, [isOver])
  const minutes = announcedMinutes.find((one) => seconds <= one * 60)
  return (
    <div className={classes.countdown}>
      <Text component="span">
        <span aria-hidden="true">{t('offer.timeLeft')}</span>{' '}
        <span className={classes.clock} role="timer" aria-label={t('offer.timeLeft')}>
          {formatCountdown(seconds)}
        </span>
      </Text>
      {clinic === undefined ? null : (
        <Text size="sm">{t('offer.until', { time: formatDayTime(until, clinic.timezone) })}</Text>
      )}
      <VisuallyHidden role="status">
        {minutes === undefined || isOver ? '' : t('offer.lessThan', { time: formatMinutes(minutes) })}
      </VisuallyHidden>
    </div>
  )
}
