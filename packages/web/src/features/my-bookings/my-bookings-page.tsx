import type { Booking } from '@holdfast/contract/client'
import { Badge, Box, Button, Group, Paper, Stack, Tabs, Text, Title } from '@mantine/core'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { AttendanceConfirmed } from '../../domain/bookings/attendance-confirmed.tsx'
import { KeptTickets } from '../../domain/bookings/kept-tickets.tsx'
import { canBeChanged, isAttendanceAsked } from '../../domain/bookings/offered-actions.ts'
import { ownStatusLabel } from '../../domain/bookings/status-label.ts'
import { ticketHash } from '../../domain/bookings/ticket-link.ts'
import { useAttending } from '../../domain/bookings/use-attending.ts'
import { JoinVideo } from '../../domain/video/join-video.tsx'
import { VisitOfBooking } from '../../domain/visits/visit-of-booking.tsx'
import { api, dataOf } from '../../lib/api/api.ts'
import { readAllPages } from '../../lib/api/read-pages.ts'
import { formatAppointment, formatNumber, formatZone, ownTimeZone } from '../../lib/i18n/format.ts'
import { nameWithSpecialization } from '../../lib/i18n/specialization-name.ts'
import { useLiveSlots } from '../../lib/live/use-live-slots.ts'
import { clinicQuery, doctorQuery } from '../../lib/queries/directory-queries.ts'
import { useSession } from '../../lib/session/session.ts'
import { serverNow } from '../../lib/time/server-clock.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { LinkButton } from '../../ui/buttons/link-button.tsx'
import { TextLink } from '../../ui/buttons/text-link.tsx'
import { PageTitle } from '../../ui/focus/page-title.tsx'
import { EmptyState } from '../../ui/states/empty-state.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { LoadingOrError } from '../../ui/states/loading-or-error.tsx'
import { PageLoading } from '../../ui/states/page-loading.tsx'
import { SessionFailed } from '../../ui/states/session-failed.tsx'
import { SignInFirst } from '../../ui/states/sign-in-first.tsx'
import { toastDone } from '../../ui/toast.ts'
import classes from './my-bookings.module.css'
import { type BookingKind, sortBookings } from './sort-bookings.ts'
import { namesIn, ofPatient } from './whose-bookings.ts'

/** Dialogs, and the calendar feed below the bookings, are loaded after the page. */
const FeedSection = lazy(async () => ({
  default: (await import('../../domain/calendar-feed/feed-section.tsx')).FeedSection,
}))
/** Few accounts book for several people. */
const WhoseFilter = lazy(async () => ({ default: (await import('./whose-filter.tsx')).WhoseFilter }))
const CancelBooking = lazy(async () => ({
  default: (await import('../../domain/bookings/cancel-booking.tsx')).CancelBooking,
}))

const kinds = ['upcoming', 'past', 'cancelled'] as const satisfies BookingKind[]

/**
 * An account's bookings: upcoming, past and cancelled. A guest sees the tickets that are kept on this device, as does a
 * visitor who may be one.
 */
export function MyBookingsPage() {
  const { t } = useTranslation('my-bookings')
  const session = useSession()
  if (session.kind === 'unknown') return <PageLoading />
  if (session.kind === 'guest' || session.kind === 'failed') {
    return (
      <>
        {session.kind === 'guest' ? (
          <SignInFirst title={t('title')} />
        ) : (
          <SessionFailed title={t('title')} session={session} />
        )}
        <Text mt="lg">
          {t('find.question')} <TextLink to="/find-booking">{t('find.title')}</TextLink>
        </Text>
        <Text mt="xs">
          <TextLink to="/my-waitlist">{t('waitlist')}</TextLink>
        </Text>
        <KeptTickets />
      </>
    )
  }
  return (
    <Stack gap="lg">
      <div>
        <PageTitle>{t('title')}</PageTitle>
        <TextLink to="/my-waitlist">{t('waitlist')}</TextLink>
      </div>
      <Bookings accountId={session.me.id} />
      <Suspense>
        <Box maw="52rem">
          <FeedSection owner={{ kind: 'mine' }} timeZone={ownTimeZone()} />
        </Box>
      </Suspense>
    </Stack>
  )
}

function Bookings({ accountId }: { accountId: string }) {
  const { t } = useTranslation('my-bookings')
  const bookings = useQuery(myBookingsQuery(accountId))
  const [kind, setKind] = useState<BookingKind>('upcoming')
  const [whose, setWhose] = useState('')
  const names = namesIn(bookings.data ?? [])
  const all = sortBookings(bookings.data ?? [], serverNow())
  const sorted = sortBookings(ofPatient(bookings.data ?? [], names, whose), serverNow())
  // Changes of these bookings at the clinic change slots too.
  useLiveSlots(
    all.upcoming.map(({ doctorId }) => doctorId),
    { onSlots: () => void bookings.refetch(), onStale: () => void bookings.refetch() },
  )
  if (bookings.data === undefined) return <LoadingOrError of={bookings} />
  const tabs = (
    <Tabs
      value={kind}
      onChange={(value) => setKind(kinds.find((one) => one === value) ?? 'upcoming')}
      keepMounted={false}
    >
      <Tabs.List className={classes.kinds}>
        {kinds.map((one) => (
          <Tabs.Tab key={one} value={one}>
            {t(`kind.${one}`)} ({formatNumber(sorted[one].length)})
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {kinds.map((one) => (
        <Tabs.Panel key={one} value={one} pt="lg">
          {sorted[one].length === 0 ? (
            <EmptyState title={t(`none.${one}`)}>
              <LinkButton to="/">{t('findDoctor')}</LinkButton>
            </EmptyState>
          ) : (
            <ul className={classes.list}>
              {sorted[one].map((booking) => (
                <BookingItem key={booking.id} booking={booking} kind={one} />
              ))}
            </ul>
          )}
        </Tabs.Panel>
      ))}
    </Tabs>
  )
  return (
    <>
      {names.length < 2 ? null : (
        <Suspense fallback={null}>
          <WhoseFilter names={names} value={whose} onChange={setWhose} />
        </Suspense>
      )}
      {tabs}
    </>
  )
}

function BookingItem({ booking: listed, kind }: { booking: Booking; kind: BookingKind }) {
  const { t } = useTranslation(['my-bookings', 'shell', 'ticket'])
  const link = { bookingId: listed.id, manageToken: null }
  const attending = useAttending(link)
  // The response counts until the list is read again, which may take a moment.
  const booking = attending.data && attending.data.version > listed.version ? attending.data : listed
  const doctor = useQuery(doctorQuery(booking.doctorId)).data
  const clinic = useQuery(clinicQuery(booking.clinicId)).data
  const [isCancelling, setCancelling] = useState(false)
  const isUpcoming = kind === 'upcoming' && (booking.status === 'CONFIRMED' || booking.status === 'PENDING')
  const timeZone = clinic?.timezone ?? 'UTC'
  const when = formatAppointment(booking.startsAt, booking.endsAt, timeZone)
  // Several bookings have the same buttons.
  const named = (action: string) => ({ 'aria-label': `${action}: ${when}`, children: action })
  return (
    <li>
      <Paper withBorder p="lg" radius="lg">
        <Group justify="space-between" align="flex-start" gap="sm">
          <div>
            <Title order={2} size="h3" className="tabular">
              {when}
            </Title>
            <Text size="sm" c="dimmed">
              {formatZone(booking.startsAt, timeZone)}
            </Text>
          </div>
          <Badge variant={kind === 'upcoming' ? 'filled' : 'default'} tt="none">
            {t(`shell:${ownStatusLabel(booking)}`)}
          </Badge>
        </Group>
        <Text mt="sm">
          {doctor === undefined ? '\u00a0' : nameWithSpecialization(doctor)}
          {clinic === undefined ? null : ' · '}
          <bdi>{clinic?.name}</bdi>
          {booking.appointmentType === 'video' ? ` · ${t('shell:appointmentType.video')}` : null}
        </Text>
        {booking.visitTypeId === undefined ? null : (
          <Text fw={600}>
            <VisitOfBooking booking={booking} />
          </Text>
        )}
        <Text size="sm" c="dimmed">
          <bdi>{booking.patient.name}</bdi>
        </Text>
        {booking.appointmentType === 'video' && booking.status === 'PENDING' ? (
          <Text size="sm" c="dimmed">
            {t('ticket:video.pending')}
          </Text>
        ) : null}
        {booking.status === 'CONFIRMED' && booking.attendanceConfirmedAt !== null ? (
          <AttendanceConfirmed isFocused={attending.isSuccess} />
        ) : null}
        {attending.isError ? <ErrorState error={attending.error} /> : null}
        <Group gap="sm" mt="md">
          {isUpcoming && clinic !== undefined && isAttendanceAsked(booking, clinic, serverNow()) ? (
            <ActionButton
              size="sm"
              variant="light"
              isBusy={attending.isPending}
              onClick={() => attending.mutate(booking)}
              {...named(t('ticket:attend.button'))}
            />
          ) : null}
          <JoinVideo url={booking.joinUrl} of={when} size="sm" />
          <LinkButton
            size="sm"
            to="/ticket"
            hash={ticketHash(link)}
            variant={kind === 'upcoming' && booking.joinUrl === null ? 'filled' : 'default'}
            {...named(t(kind === 'upcoming' ? 'open' : 'details'))}
          />
          {isUpcoming && booking.offer === 'open' ? (
            <LinkButton
              size="sm"
              variant="default"
              to="/offer"
              hash={ticketHash(link)}
              {...named(t('ticket:acceptOrDecline'))}
            />
          ) : null}
          {isUpcoming && canBeChanged(booking) ? (
            <>
              <LinkButton
                size="sm"
                variant="default"
                to="/ticket"
                search={{ move: true }}
                hash={ticketHash(link)}
                {...named(t('move'))}
              />
              <Button size="sm" variant="default" onClick={() => setCancelling(true)} {...named(t('cancel'))} />
            </>
          ) : null}
          {kind === 'upcoming' ? null : (
            <LinkButton
              size="sm"
              variant="default"
              to="/doctors/$doctorId"
              params={{ doctorId: booking.doctorId }}
              search={booking.visitTypeId === undefined ? {} : { visitType: booking.visitTypeId }}
              {...named(t('again'))}
            />
          )}
        </Group>
      </Paper>
      <Suspense>
        <CancelBooking
          link={link}
          booking={booking}
          doctor={doctor}
          timeZone={timeZone}
          isOpen={isCancelling}
          onClose={() => setCancelling(false)}
          onCancelled={() => toastDone({ message: t('ticket:cancel.done') })}
        />
      </Suspense>
    </li>
  )
}

/** The account's bookings, at most a thousand: few enough to read them all and sort them here. */
function myBookingsQuery(accountId: string) {
  return queryOptions({
    queryKey: ['my-bookings', accountId],
    queryFn: async (): Promise<Booking[]> => {
      const { items } = await readAllPages(10, (start) =>
        dataOf(api.listMyBookings({ query: { limit: 100, ...start } })),
      )
      return items
    },
    refetchInterval: 30_000,
  })
}
