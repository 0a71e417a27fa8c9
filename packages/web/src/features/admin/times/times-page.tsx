import type { Booking } from '@holdfast/contract/client'
import { addDays, mondayOf } from '@holdfast/vocabulary'
import { NativeSelect, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate, useRouter } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { BookingsStopped } from '../../../domain/bookings/bookings-stopped.tsx'
import { canBeChanged } from '../../../domain/bookings/offered-actions.ts'
import { usePendingMarks, withMarks } from '../../../domain/bookings/pending-marks.ts'
import { BusySection } from '../../../domain/busy-calendar/busy-section.tsx'
import { isComing } from '../../../domain/calendar/calendar-events.ts'
import { DoctorCalendar } from '../../../domain/calendar/doctor-calendar.tsx'
import { CreateSlots } from '../../../domain/slots/create-slots.tsx'
import { NextSlot } from '../../../domain/slots/next-slot.tsx'
import { WithdrawDays } from '../../../domain/slots/withdraw-days.tsx'
import { type Days, daysOf, withdrawalSearchOf } from '../../../domain/slots/withdrawal-search.ts'
import { sessionsQuery, slotsAndSessionsQuery } from '../../../domain/visits/sessions-query.ts'
import { useLiveClinic } from '../../../lib/live/use-live-clinic.ts'
import { bookingsQuery } from '../../../lib/queries/clinic-queries.ts'
import { slotsQuery } from '../../../lib/queries/slots-query.ts'
import { TextLink } from '../../../ui/buttons/text-link.tsx'
import { DayNav } from '../../../ui/day-nav.tsx'
import { PageTitle } from '../../../ui/focus/page-title.tsx'
import { EmptyState } from '../../../ui/states/empty-state.tsx'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { BookedSinceLink } from '../shared/booking/booked-since-link.tsx'
import { BookingLink } from '../shared/booking/booking-link.tsx'
import { NoDoctors } from '../shared/clinic/no-doctors.tsx'
import { useClinic } from '../use-clinic.ts'

const none: never[] = []
const route = getRouteApi('/clinic/$clinicId/times')

/** A doctor's slots: the week as a calendar, creating slots by a rule, withdrawing days. */
export function ClinicTimesPage() {
  const { t } = useTranslation('admin')
  const { clinicId, doctors, timeZone, today, isAdmin } = useClinic()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const doctorId = search.doctorId ?? doctors[0]?.id
  const isStopped = doctors.find(({ id }) => id === doctorId)?.active === false
  return (
    <Stack gap="lg">
      <PageTitle>{t('tabs.times')}</PageTitle>
      {doctorId === undefined ? (
        <NoDoctors />
      ) : (
        <>
          <NativeSelect
            maw="24rem"
            label={t('column.doctor')}
            value={doctorId}
            onChange={({ currentTarget }) => navigate({ search: { doctorId: currentTarget.value } })}
            data={doctors.map(({ id, name }) => ({ value: id, label: name }))}
          />
          <TextLink to="/clinic/$clinicId/working-hours" params={{ clinicId }} search={{ doctorId }}>
            {t('tabs.workingHours')}
          </TextLink>
          {isStopped ? <BookingsStopped {...(isAdmin ? { clinicId } : {})} /> : null}
          <Week key={doctorId} doctorId={doctorId} />
          <Stack gap="xl" key={`keep ${doctorId}`}>
            <CreateSlots doctorId={doctorId} clinicId={clinicId} timeZone={timeZone} today={today} />
            {isAdmin ? <BusySection doctorId={doctorId} timeZone={timeZone} /> : null}
            <WithdrawDays
              doctorId={doctorId}
              clinicId={clinicId}
              timeZone={timeZone}
              today={today}
              search={search}
              onDays={(days) =>
                void navigate({ search: { doctorId, ...withdrawalSearchOf(days) }, replace: true, resetScroll: false })
              }
              moveOf={(booking) => (canBeChanged(booking) ? <MoveLink booking={booking} isOfWithdrawal /> : null)}
              rebookOf={(booking) => <RebookLink booking={booking} />}
              sinceOf={(since) => <BookedSinceLink since={since} isInNewTab />}
              allLostOf={(days) => <LostLink days={days} doctorId={doctorId} />}
            />
          </Stack>
        </>
      )}
    </Stack>
  )
}

type MoveLinkProps = { booking: Booking; isOfWithdrawal?: boolean }

/** Opens the booking with the times to move it to. The link of a withdrawal leads back to its list. */
function MoveLink({ booking, isOfWithdrawal = false }: MoveLinkProps) {
  const { t } = useTranslation('schedule')
  const router = useRouter()
  const { id, clinicId, doctorId, patient, startsAt } = booking
  const days = daysOf(route.useSearch())
  const withdrawal = withdrawalSearchOf(isOfWithdrawal ? days : null)
  const params = { clinicId, bookingId: id }
  const rememberPlace = () => {
    if (!isOfWithdrawal) return
    const search = { doctorId, ...withdrawal, nextAt: startsAt }
    router.history.replace(router.buildLocation({ to: '/clinic/$clinicId/times', params: { clinicId }, search }).href)
    // Otherwise the history merges it with the navigation that follows.
    router.history.flush()
  }
  const label = t('move.of', { name: patient.name })
  return (
    <TextLink
      inherit
      to="/clinic/$clinicId/bookings/$bookingId"
      params={params}
      search={{ move: true, ...withdrawal }}
      aria-label={label}
      onClick={rememberPlace}
    >
      {t('move.short')}
    </TextLink>
  )
}

/** Opens *Book for a patient* in another tab, because the list is lost when its page is left. */
function RebookLink({ booking: { id, clinicId, doctorId, patient } }: { booking: Booking }) {
  const { t } = useTranslation('schedule')
  // An unfinished hold names nobody.
  if (patient.name === '') return null
  return (
    <TextLink
      inherit
      to="/clinic/$clinicId/book"
      params={{ clinicId }}
      search={{ doctorId, forBooking: id }}
      target="_blank"
      aria-label={t('withdraw.rebookOf', { name: patient.name })}
    >
      {t('withdraw.rebook')}
    </TextLink>
  )
}

/** Opens the doctor's bookings of some days that withdrawals have ended, in another tab as {@link RebookLink}. */
function LostLink({ days, doctorId }: { days: Days; doctorId: string }) {
  const { t } = useTranslation('schedule')
  const { clinicId } = useClinic()
  return (
    <TextLink
      inherit
      to="/clinic/$clinicId/bookings"
      params={{ clinicId }}
      search={{ ...days, doctorId, status: 'FAILED' }}
      target="_blank"
    >
      {t('withdraw.showAll')}
    </TextLink>
  )
}

function Week({ doctorId }: { doctorId: string }) {
  const { t } = useTranslation('admin')
  const { clinicId, timeZone, today } = useClinic()
  const [day, setDay] = useState(today)
  const navigate = useNavigate()
  const from = mondayOf(day)
  const to = addDays(from, 6)
  const slots = useQuery(slotsQuery(doctorId, from, to))
  const openSessions = useQuery(sessionsQuery(doctorId, from, to))
  const found = useQuery(bookingsQuery(clinicId, { from, to, doctorId }))
  const bookings = withMarks(found.data?.items ?? [], usePendingMarks(clinicId))
  useLiveClinic(clinicId, [doctorId])
  const items = slots.data?.items ?? none
  const sessions = openSessions.data?.items ?? none
  const failed = [slots, openSessions].find(({ isError, data }) => isError && data === undefined)
  const retry = () => void Promise.all([slots.refetch(), openSessions.refetch()])
  const isPending = slots.isPending || openSessions.isPending || found.isPending
  const isEmpty = items.length === 0 && sessions.length === 0 && !bookings.some(isComing)
  return (
    <Stack gap="md" aria-busy={isPending} data-weeks tabIndex={-1}>
      <DayNav day={day} today={today} step={7} onChange={setDay} />
      {failed ? (
        <ErrorState error={failed.error} retry={retry} />
      ) : (
        <>
          {isEmpty && !isPending ? (
            <EmptyState title={t('times.none')} help={t('times.noneHelp')}>
              <NextSlot
                kind="slot"
                timesOf={(...days) => slotsAndSessionsQuery(doctorId, ...days)}
                after={to}
                timeZone={timeZone}
                onShow={setDay}
              />
            </EmptyState>
          ) : null}
          <DoctorCalendar
            key={from}
            view="week"
            day={from}
            slots={items}
            sessions={sessions}
            bookings={bookings}
            doctorId={doctorId}
            clinicId={clinicId}
            timeZone={timeZone}
            nameOf={(booking) => <BookingLink booking={booking} />}
            moveOf={(booking) => (canBeChanged(booking) ? <MoveLink booking={booking} /> : null)}
            sinceOf={(since) => <BookedSinceLink since={since} isInNewTab />}
            onDay={(wanted) =>
              void navigate({
                to: '/clinic/$clinicId/day',
                params: { clinicId },
                search: { day: wanted, doctors: doctorId },
              })
            }
          />
        </>
      )}
    </Stack>
  )
}
