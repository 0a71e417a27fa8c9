import { Group, Stack, Title } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { DayCounts, DayList } from '../../domain/bookings/day-list.tsx'
import { SlotCalendar } from '../../domain/calendar/slot-calendar.tsx'
import { SlotDialog } from '../../domain/calendar/slot-dialog.tsx'
import { formatDate } from '../../lib/format.ts'
import { DayNav } from '../../ui/day-nav.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { LiveNote } from '../../ui/live-note.tsx'
import { PageLoading } from '../../ui/page-loading.tsx'
import classes from './doctor-day.module.css'
import { useOwnDays } from './use-own-days.ts'

/** The day's bookings with their status, and the day as a calendar. */
export function DayPage() {
  const { t } = useTranslation('doctor-day')
  const days = useOwnDays('day')
  const [slotId, setSlotId] = useState<string | null>(null)
  const heading = formatDate(days.day, { weekday: 'long', day: 'numeric', month: 'long' })
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="end">
        <Title order={2}>{heading}</Title>
        <DayNav day={days.day} today={days.today} step={1} onChange={days.show} />
      </Group>
      {days.error ? (
        <ErrorState error={days.error} retry={days.retry} />
      ) : days.isPending ? (
        <PageLoading />
      ) : (
        <>
          <Group justify="space-between">
            <DayCounts bookings={days.bookings} />
            <LiveNote state={days.live} updatedAt={days.updatedAt} />
          </Group>
          <div className={classes.columns}>
            <DayList bookings={days.bookings} timeZone={days.clinic.timezone} caption={heading} />
            {days.slots.length === 0 ? null : (
              <section aria-label={t('calendar')}>
                <SlotCalendar
                  view="day"
                  day={days.day}
                  slots={days.slots}
                  bookings={days.bookings}
                  timeZone={days.clinic.timezone}
                  onSlot={setSlotId}
                />
              </section>
            )}
          </div>
        </>
      )}
      <SlotDialog
        slot={days.slots.find(({ id }) => id === slotId)}
        bookings={days.bookings}
        clinicId={days.clinic.id}
        timeZone={days.clinic.timezone}
        onClose={() => setSlotId(null)}
      />
    </Stack>
  )
}
