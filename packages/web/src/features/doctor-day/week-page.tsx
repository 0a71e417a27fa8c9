import { addDays, listedDaysMax, localDay } from '@holdfast/vocabulary'
import { Button, Group, Stack, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { DayCounts } from '../../domain/bookings/day-list.tsx'
import { DoctorCalendar } from '../../domain/calendar/doctor-calendar.tsx'
import { FeedSection } from '../../domain/calendar-feed/feed-section.tsx'
import { useOwnMoves } from '../../domain/slots/use-own-moves.tsx'
import { slotsAndSessionsQuery } from '../../domain/visits/sessions-query.ts'
import { formatDate, formatDayTime } from '../../lib/i18n/format.ts'
import { LinkButton } from '../../ui/buttons/link-button.tsx'
import { DayNav } from '../../ui/day-nav.tsx'
import { LiveNote } from '../../ui/live-note.tsx'
import { EmptyState } from '../../ui/states/empty-state.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { PageLoading } from '../../ui/states/page-loading.tsx'
import { useOwnDays } from './use-own-days.ts'

/** The week as a calendar. */
export function WeekPage() {
  const { t } = useTranslation('doctor-day')
  const days = useOwnDays('week')
  const navigate = useNavigate()
  const { moveOf, dialog } = useOwnMoves(days.doctorId, days.clinic.timezone)
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="end">
        <Title order={2}>{t('weekOf', { from: formatDate(days.from), to: formatDate(days.to) })}</Title>
        <DayNav day={days.day} today={days.today} step={7} onChange={days.show} />
      </Group>
      {days.error ? (
        <ErrorState error={days.error} retry={days.retry} />
      ) : days.isPending ? (
        <PageLoading />
      ) : (
        <>
          {days.slotsError ? (
            <ErrorState error={days.slotsError} retry={days.retry} />
          ) : days.isEmpty ? (
            <EmptyWeek {...days} />
          ) : (
            <Group justify="space-between">
              <DayCounts bookings={days.bookings} />
              <LiveNote state={days.live} of={days.ofBookings} />
            </Group>
          )}
          <DoctorCalendar
            key={days.from}
            view="week"
            day={days.from}
            slots={days.slots}
            sessions={days.sessions}
            bookings={days.bookings}
            doctorId={days.doctorId}
            clinicId={days.clinic.id}
            timeZone={days.clinic.timezone}
            moveOf={moveOf}
            onDay={(day) => void navigate({ to: '/my-day', search: (before) => ({ ...before, day }) })}
          />
        </>
      )}
      {dialog}
      <FeedSection owner={{ kind: 'doctor', doctorId: days.doctorId }} timeZone={days.clinic.timezone} />
    </Stack>
  )
}

type EmptyWeekProps = Pick<ReturnType<typeof useOwnDays>, 'doctorId' | 'to' | 'clinic' | 'show'>

/** A doctor who has later slots or sessions is not asked to create some: they are in another week. */
function EmptyWeek({ doctorId, to, clinic, show }: EmptyWeekProps) {
  const { t } = useTranslation('doctor-day')
  const later = useQuery(slotsAndSessionsQuery(doctorId, addDays(to, 1), addDays(to, listedDaysMax)))
  if (later.isPending) return <PageLoading />
  const next = later.data?.items[0]
  const help =
    next === undefined ? t('noTimesHelp') : t('nextTime', { when: formatDayTime(next.startsAt, clinic.timezone) })
  return (
    <EmptyState title={t('noTimes')} help={help}>
      {next === undefined ? null : (
        <Button onClick={() => show(localDay(next.startsAt, clinic.timezone))}>{t('showNext')}</Button>
      )}
      <LinkButton to="/my-day/times" search={{}} variant={next === undefined ? 'filled' : 'default'}>
        {t('createTimes')}
      </LinkButton>
    </EmptyState>
  )
}
