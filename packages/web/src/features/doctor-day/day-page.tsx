import { Button, Group, Stack, Title } from '@mantine/core'
import { IconPrinter } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { DayCounts, DayList } from '../../domain/bookings/day-list.tsx'
import { DaySheet } from '../../domain/bookings/day-sheet.tsx'
import { DoctorCalendar } from '../../domain/calendar/doctor-calendar.tsx'
import { useOwnMoves } from '../../domain/slots/use-own-moves.tsx'
import { formatDate } from '../../lib/i18n/format.ts'
import { doctorQuery } from '../../lib/queries/directory-queries.ts'
import { DayNav } from '../../ui/day-nav.tsx'
import { Icon } from '../../ui/icon.tsx'
import { LiveNote } from '../../ui/live-note.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { PageLoading } from '../../ui/states/page-loading.tsx'
import classes from './doctor-day.module.css'
import { useOwnDays } from './use-own-days.ts'

/** The day's bookings with their status, and the day as a calendar. */
export function DayPage() {
  const { t } = useTranslation('doctor-day')
  const { t: tSchedule } = useTranslation('schedule')
  const days = useOwnDays('day')
  const { moveOf, dialog } = useOwnMoves(days.doctorId, days.clinic.timezone)
  const doctor = useQuery(doctorQuery(days.doctorId)).data
  const heading = formatDate(days.day, { weekday: 'long', day: 'numeric', month: 'long' })
  return (
    <>
      <Stack gap="lg" className="no-print">
        <Group justify="space-between" align="end">
          <Title order={2}>{heading}</Title>
          <Group gap="xs" align="end">
            <DayNav day={days.day} today={days.today} step={1} onChange={days.show} />
            <Button variant="default" leftSection={<Icon of={IconPrinter} />} onClick={() => window.print()}>
              {tSchedule('sheet.print')}
            </Button>
          </Group>
        </Group>
        {days.error ? (
          <ErrorState error={days.error} retry={days.retry} />
        ) : days.isPending ? (
          <PageLoading />
        ) : (
          <>
            <Group justify="space-between">
              <DayCounts bookings={days.bookings} />
              <LiveNote state={days.live} of={days.ofBookings} />
            </Group>
            <div className={classes.columns}>
              <DayList key={days.day} bookings={days.bookings} timeZone={days.clinic.timezone} caption={heading} />
              {days.slotsError ? (
                <ErrorState error={days.slotsError} retry={days.retry} />
              ) : days.isEmpty ? null : (
                <section aria-label={t('calendar')}>
                  <DoctorCalendar
                    key={days.day}
                    view="day"
                    day={days.day}
                    slots={days.slots}
                    sessions={days.sessions}
                    bookings={days.bookings}
                    doctorId={days.doctorId}
                    clinicId={days.clinic.id}
                    timeZone={days.clinic.timezone}
                    moveOf={moveOf}
                  />
                </section>
              )}
            </div>
          </>
        )}
      </Stack>
      {dialog}
      <DaySheet
        title={doctor?.name ?? ''}
        subtitle={`${heading} · ${days.clinic.name}`}
        bookings={days.bookings}
        timeZone={days.clinic.timezone}
      />
    </>
  )
}
