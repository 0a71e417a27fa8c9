import type { Booking } from '@holdfast/contract/client'
import { Group, Paper, Stack, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Navigate, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { type ConfirmLink, useConfirmLink } from '../../domain/bookings/confirm-link.ts'
import { isRequest } from '../../domain/bookings/offered-actions.ts'
import { useSecondsLeft } from '../../domain/hold/use-seconds-left.ts'
import { isOverlap, LazyOverlapQuestion } from '../../domain/overlap/lazy-overlap-question.tsx'
import { refuseOverlap } from '../../domain/overlap/refuse-overlap.ts'
import { visitTypeQuery } from '../../domain/visits/visit-type-queries.ts'
import { api, dataOf } from '../../lib/api/api.ts'
import { refusalCode } from '../../lib/api/api-error.ts'
import { formatAppointment, formatCountdown, formatZone } from '../../lib/i18n/format.ts'
import { nameWithSpecialization } from '../../lib/i18n/specialization-name.ts'
import { bookingQuery } from '../../lib/queries/booking-query.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { LinkButton } from '../../ui/buttons/link-button.tsx'
import { PageHead } from '../../ui/focus/page-head.tsx'
import { PageTitle } from '../../ui/focus/page-title.tsx'
import { EmptyState } from '../../ui/states/empty-state.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { PageLoading } from '../../ui/states/page-loading.tsx'
import classes from './ticket.module.css'
import { type TicketState, useTicket } from './use-ticket.ts'

/**
 * The page of the link in the e-mail. Opening it changes nothing: programs that check mails open links, too. Only the
 * button confirms.
 */
export function ConfirmPage() {
  const { t } = useTranslation('ticket')
  const link = useConfirmLink()
  if (link !== null) return <Confirmation key={link.bookingId} link={link} />
  return (
    <>
      <PageTitle>{t('confirm.title')}</PageTitle>
      <EmptyState title={t('invalidLink.title')} help={t('confirm.incomplete')}>
        <LinkButton to="/">{t('findDoctor')}</LinkButton>
      </EmptyState>
    </>
  )
}

function Confirmation({ link }: { link: ConfirmLink }) {
  const { t } = useTranslation('ticket')
  const ticket = useTicket(link)
  if (ticket.kind === 'loading') return <PageLoading />
  if (ticket.kind === 'failed') {
    return (
      <>
        <PageTitle>{t('confirm.title')}</PageTitle>
        <ErrorState error={ticket.error} retry={ticket.retry} />
      </>
    )
  }
  const { status } = ticket.booking
  if (isRequest(ticket.booking)) {
    return <Navigate to="/ticket" hash={link.bookingId} state={{ manageToken: link.manageToken }} replace />
  }
  if (status === 'PENDING') return <Pending link={link} ticket={ticket} />
  const isOver = status === 'FAILED' || status === 'CANCELLED'
  return (
    <>
      <PageTitle>{t(isOver ? 'confirm.over' : 'confirm.done')}</PageTitle>
      <EmptyState
        title={t(isOver ? 'confirm.overTitle' : 'confirm.doneTitle')}
        help={t(isOver ? 'confirm.overHelp' : 'confirm.doneHelp')}
      >
        {isOver ? (
          <LinkButton to="/doctors/$doctorId" params={{ doctorId: ticket.doctor.id }}>
            {t('confirm.times')}
          </LinkButton>
        ) : (
          <LinkButton to="/ticket" hash={link.bookingId} state={{ manageToken: link.manageToken }}>
            {t('confirm.open')}
          </LinkButton>
        )}
      </EmptyState>
    </>
  )
}

type PendingProps = { link: ConfirmLink; ticket: Extract<TicketState, { kind: 'shown' }> }

function Pending({ link, ticket: { booking, doctor, clinic } }: PendingProps) {
  const { t } = useTranslation('ticket')
  const confirming = useConfirm(link)
  const visitType = useQuery(visitTypeQuery(booking))
  const { startsAt, endsAt, holdExpiresAt } = booking
  const when = formatAppointment(startsAt, endsAt, clinic.timezone)
  if (visitType.isLoading) return <PageLoading />
  if (visitType.isError) return <ErrorState error={visitType.error} retry={() => void visitType.refetch()} />
  const approval = visitType.data?.approval ?? 'none'
  const isRequested = approval !== 'none'
  const requestHelp = approval === 'not_holding' ? 'confirm.request.helpNotHeld' : 'confirm.request.help'
  return (
    <Stack gap="lg" maw="40rem">
      <PageHead
        title={t(isRequested ? 'confirm.request.title' : 'confirm.title')}
        intro={t(isRequested ? requestHelp : 'confirm.help')}
        mt={4}
      />
      <Paper withBorder p={{ base: 'md', sm: 'xl' }} radius="lg">
        <Stack gap="lg">
          <dl className={classes.facts}>
            <Fact label={t('when')} text={when} detail={formatZone(startsAt, clinic.timezone)} />
            <Fact label={t('doctor')} text={nameWithSpecialization(doctor)} />
            <Fact label={t('where')} text={booking.appointmentType === 'video' ? t('video.plain') : clinic.name} />
            <Fact label={t('patient')} text={booking.patient.name} />
          </dl>
          {holdExpiresAt === null ? null : <TimeLeft until={holdExpiresAt} isRequested={isRequested} />}
          {isOverlap(confirming.error) ? (
            <LazyOverlapQuestion
              error={confirming.error}
              asked="patient"
              what="book"
              timeZone={clinic.timezone}
              isBusy={confirming.isPending}
              onProceed={() => confirming.mutate(true)}
            />
          ) : confirming.isError ? (
            <ConfirmError error={confirming.error} />
          ) : null}
          <Group>
            <ActionButton size="md" isBusy={confirming.isPending} onClick={() => confirming.mutate(false)}>
              {t(isRequested ? 'confirm.request.button' : 'confirm.button')}
            </ActionButton>
          </Group>
        </Stack>
      </Paper>
    </Stack>
  )
}

function Fact({ label, text, detail }: { label: string; text: string; detail?: string }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        <bdi>{text}</bdi>
        {detail === undefined ? null : (
          <Text size="sm" c="dimmed">
            {detail}
          </Text>
        )}
      </dd>
    </div>
  )
}

function TimeLeft({ until, isRequested }: { until: string; isRequested: boolean }) {
  const { t } = useTranslation('ticket')
  const seconds = useSecondsLeft(until)
  const label = t(isRequested ? 'confirm.request.timeLeft' : 'confirm.timeLeft')
  return (
    <Text>
      <span aria-hidden="true">{label}</span>{' '}
      <bdi className="tabular" role="timer" aria-label={label}>
        {formatCountdown(seconds)}
      </bdi>
    </Text>
  )
}

/** The link was sent again, perhaps to another address: the newest one confirms. */
function ConfirmError({ error }: { error: unknown }) {
  const { t } = useTranslation('ticket')
  if (refusalCode(error) !== 'invalid_request') return <ErrorState error={error} />
  return <Text role="alert">{t('confirm.replaced')}</Text>
}

function useConfirm({ bookingId, manageToken, confirmationToken }: ConfirmLink) {
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  return useMutation({
    mutationFn: (mayOverlap: boolean): Promise<Booking> => {
      const body = { confirmationToken, ...refuseOverlap(mayOverlap) }
      return dataOf(api.confirmBooking({ path: { bookingId }, auth: manageToken, body }))
    },
    onSuccess: (booking) => {
      queryClient.setQueryData(bookingQuery(bookingId, manageToken).queryKey, booking)
      void navigate({ to: '/ticket', hash: bookingId, state: { manageToken }, replace: true })
    },
    onError: () => void queryClient.invalidateQueries({ queryKey: bookingQuery(bookingId, manageToken).queryKey }),
  })
}
