import type { Booking } from '@holdfast/contract/client'
import { referenceOf } from '@holdfast/vocabulary'
import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactNode, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { BookingActions } from '../../../domain/bookings/booking-actions.tsx'
import { canBeChanged, canBeErased, isOpen, isRequest } from '../../../domain/bookings/offered-actions.ts'
import { usePendingMarks, withMark } from '../../../domain/bookings/pending-marks.ts'
import { StatusMark } from '../../../domain/bookings/status-mark.tsx'
import { usePatientName } from '../../../domain/bookings/use-patient-name.ts'
import { SeriesSection } from '../../../domain/series/series-section.tsx'
import { MoveDialog } from '../../../domain/slots/move-dialog.tsx'
import { daysOf, withdrawalSearchOf } from '../../../domain/slots/withdrawal-search.ts'
import { JoinVideo } from '../../../domain/video/join-video.tsx'
import { ResourcesOfBooking } from '../../../domain/visits/resources-of-booking.tsx'
import { VisitOfBooking } from '../../../domain/visits/visit-of-booking.tsx'
import { formatAppointment, formatDayTime, formatNumber } from '../../../lib/i18n/format.ts'
import { isolated } from '../../../lib/i18n/isolated.ts'
import { useLiveClinic } from '../../../lib/live/use-live-clinic.ts'
import { serverNow } from '../../../lib/time/server-clock.ts'
import { LinkButton } from '../../../ui/buttons/link-button.tsx'
import { PageTitle } from '../../../ui/focus/page-title.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { LiveNote } from '../../../ui/live-note.tsx'
import { Panel } from '../../../ui/panel.tsx'
import { ShowMore } from '../../../ui/show-more.tsx'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import adminClasses from '../admin.module.css'
import { clinicBookingQuery } from '../shared/booking/clinic-booking-query.ts'
import classes from '../shared/booking/facts.module.css'
import { newestResult } from '../shared/booking/newest-result.ts'
import { MessageTable } from '../shared/messages/message-table.tsx'
import { messagesQuery } from '../shared/messages/messages-query.ts'
import { ContactLink } from '../shared/patient/contact-link.tsx'
import { OtherAppointments } from '../shared/patient/other-appointments.tsx'
import { useClinic } from '../use-clinic.ts'
import { BookingAnswers } from './booking-answers.tsx'
import { BookingHistory } from './booking-history.tsx'
import { CancelDialog } from './cancel-dialog.tsx'
import { CorrectDialog, canBeCorrected } from './correct-dialog.tsx'
import { EraseDialog } from './erase-dialog.tsx'
import { PatientLink } from './patient-link.tsx'

const route = getRouteApi('/clinic/$clinicId/bookings/$bookingId')

/** A booking with its actions and its history. */
export function ClinicBookingPage() {
  const { bookingId } = route.useParams()
  const { clinicId } = useClinic()
  const found = useQuery(clinicBookingQuery(clinicId, bookingId))
  const marks = usePendingMarks(clinicId)
  const nameOf = usePatientName()
  const live = useLiveClinic(clinicId, found.data ? [found.data.doctorId] : [])
  if (found.data === undefined) return <LoadingOrError of={found} />
  return (
    <Stack gap="lg">
      <div>
        <PageTitle>{nameOf(found.data)}</PageTitle>
        <LiveNote state={live} of={found} />
      </div>
      <AddressRefused bookingId={bookingId} />
      <div className={adminClasses.two}>
        <BookingFacts booking={withMark(found.data, marks)} />
        <Stack gap="lg">
          <SeriesPart booking={found.data} />
          <PatientLink booking={found.data} />
          <BookingAnswers booking={found.data} />
          <BookingHistory bookingId={bookingId} />
        </Stack>
      </div>
      <BookingMessages bookingId={bookingId} />
    </Stack>
  )
}

function SeriesPart({ booking }: { booking: Booking }) {
  const { timeZone } = useClinic()
  return <SeriesSection booking={booking} manageToken={null} timeZone={timeZone} />
}

function BookingFacts({ booking }: { booking: Booking }) {
  const { t } = useTranslation(['admin', 'shell'])
  const { doctors, timeZone, isAdmin } = useClinic()
  const { move = false, ...search } = route.useSearch()
  const withdrawnDays = daysOf(search)
  const navigate = route.useNavigate()
  const [dialog, setDialog] = useState<'move' | 'cancel' | 'correct' | 'erase' | null>(
    move && canBeChanged(booking) ? 'move' : null,
  )
  const { patient } = booking
  const close = () => setDialog(null)
  const { clinicId, doctorId, startsAt } = booking
  const doctor = doctors.find(({ id }) => id === doctorId)
  const isActive = doctor?.active ?? false
  const returnToWithdrawal = () => {
    const list = { doctorId, ...withdrawalSearchOf(withdrawnDays), nextAt: startsAt }
    void navigate({ to: '/clinic/$clinicId/times', params: { clinicId }, search: list, replace: true })
  }
  const facts: { label: string; value: ReactNode }[] = [
    { label: t('column.status'), value: <StatusMark of={booking} /> },
    { label: t('booking.reference'), value: <bdi className="tabular">{referenceOf(booking.id)}</bdi> },
    { label: t('column.when'), value: formatAppointment(booking.startsAt, booking.endsAt, timeZone) },
    { label: t('column.doctor'), value: doctor?.name ?? '–' },
    ...(booking.visitTypeId === undefined
      ? []
      : [{ label: t('visitTypes.one'), value: <VisitOfBooking booking={booking} /> }]),
    ...(booking.resources === undefined
      ? []
      : [{ label: t('tabs.visitResources'), value: <ResourcesOfBooking booking={booking} /> }]),
    { label: t('column.appointmentType'), value: <Kind booking={booking} /> },
    { label: t('field.units'), value: formatNumber(booking.units) },
    { label: t('field.email'), value: <ContactLink scheme="mailto" to={patient.email} /> },
    { label: t('field.phone'), value: <ContactLink scheme="tel" to={patient.phone} /> },
    { label: t('field.reason'), value: booking.reason ?? '–' },
    { label: t('field.createdAt'), value: formatDayTime(booking.createdAt, timeZone) },
  ]
  const { attendanceConfirmedAt, cancellationReason, failureReason } = booking
  if (attendanceConfirmedAt) {
    facts.push({ label: t('shell:attendance'), value: formatDayTime(attendanceConfirmedAt, timeZone) })
  }
  if (cancellationReason) facts.push({ label: t('field.cancellationReason'), value: cancellationReason })
  if (failureReason) facts.push({ label: t('field.failureReason'), value: t(`failure.${failureReason}`) })
  return (
    <Panel id="booking-facts" title={t('booking.facts')} gap="lg">
      <dl className={classes.facts}>
        {facts.map(({ label, value }) => (
          <div key={label} style={{ display: 'contents' }}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <BookingActions booking={booking} timeZone={timeZone} />
      {isOpen(booking) ? (
        <div className={layoutClasses.actions}>
          {canBeChanged(booking) ? (
            <Button variant="default" size="sm" onClick={() => setDialog('move')}>
              {t('booking.move')}
            </Button>
          ) : null}
          <Button variant="default" size="sm" onClick={() => setDialog('cancel')}>
            {t(isRequest(booking) ? 'requests.decline' : 'booking.cancel')}
          </Button>
        </div>
      ) : null}
      {canBeBookedAgain(booking) ? <OtherAppointments of={booking} /> : null}
      {canBeBookedAgain(booking) ? (
        <div className={layoutClasses.actions}>
          <LinkButton
            variant="default"
            size="sm"
            to="/clinic/$clinicId/book"
            params={{ clinicId }}
            search={{ ...(isActive ? { doctorId } : {}), forBooking: booking.id }}
          >
            {t('booking.rebook')}
          </LinkButton>
        </div>
      ) : null}
      {canBeCorrected(booking) ? (
        <div className={layoutClasses.actions}>
          <Button variant="default" size="sm" onClick={() => setDialog('correct')}>
            {t('correct.open')}
          </Button>
        </div>
      ) : null}
      {isAdmin && canBeErased(booking, serverNow()) ? (
        <div className={layoutClasses.actions}>
          <Button variant="default" size="sm" onClick={() => setDialog('erase')}>
            {t('erase.open')}
          </Button>
        </div>
      ) : null}
      <EraseDialog booking={booking} isOpen={dialog === 'erase'} onClose={close} />
      <MoveDialog
        booking={booking}
        doctors={doctors}
        timeZone={timeZone}
        isOpen={dialog === 'move'}
        onClose={close}
        {...(withdrawnDays === null ? {} : { onMoved: returnToWithdrawal })}
      />
      <CancelDialog booking={booking} isOpen={dialog === 'cancel'} onClose={close} />
      <CorrectDialog booking={booking} isOpen={dialog === 'correct'} onClose={close} />
    </Panel>
  )
}

/** A patient has lost the appointment, or has given it up. An unfinished hold names nobody. */
function canBeBookedAgain({ status, erasedAt, patient }: Booking): boolean {
  return (status === 'CANCELLED' || status === 'FAILED') && erasedAt === null && patient.name !== ''
}

function Kind({ booking }: { booking: Booking }) {
  const { t } = useTranslation('shell')
  return (
    <Group gap="sm">
      {t(`appointmentType.${booking.appointmentType}`)}
      <JoinVideo url={booking.joinUrl} size="compact-sm" variant="light" />
    </Group>
  )
}

/** Says that the mail server refuses the patient's address, unless a later e-mail was accepted. */
function AddressRefused({ bookingId }: { bookingId: string }) {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const found = useInfiniteQuery(messagesQuery(clinicId, { bookingId }))
  const newest = newestResult(found.data?.pages.flatMap(({ items }) => items) ?? [])
  // Until they are read, the data are those of the booking that was shown before.
  if (found.isPlaceholderData || newest?.failure !== 'address_refused') return null
  return (
    <Alert role="alert" color="red" variant="outline" title={t('messages.addressRefused.title')}>
      {t('messages.addressRefused.help', { address: isolated(newest.maskedAddress ?? '–') })}
    </Alert>
  )
}

/** What was sent to the patient of a booking. */
function BookingMessages({ bookingId }: { bookingId: string }) {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const found = useInfiniteQuery(messagesQuery(clinicId, { bookingId }))
  const messages = found.data?.pages.flatMap(({ items }) => items) ?? []
  const rowsRef = useRef<HTMLTableSectionElement>(null)
  if (found.isPending) return null
  return (
    <Panel id="booking-messages" title={t('messages.title')}>
      {found.isError ? <ErrorState error={found.error} retry={() => void found.refetch()} /> : null}
      {found.isSuccess && messages.length === 0 ? <Text c="dimmed">{t('messages.noneOfBooking')}</Text> : null}
      {messages.length === 0 ? null : <MessageTable messages={messages} rowsRef={rowsRef} />}
      <ShowMore pages={found} count={messages.length} listRef={rowsRef} />
    </Panel>
  )
}
