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
  const own = useOwnDays('day')
  const [slotId, setSlotId] = useState<string | null>(null)
  const heading = formatDate(own.day, { weekday: 'long', day: 'numeric', month: 'long' })
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="end">
        <Title order={2}>{heading}</Title>
        <DayNav day={own.day} today={own.today} step={1} onChange={own.show} />
      </Group>
      {own.error ? (
        <ErrorState error={own.error} retry={own.retry} />
      ) : own.isPending ? (
        <PageLoading />
      ) : (
        <>
          <Group justify="space-between">
            <DayCounts bookings={own.bookings} />
            <LiveNote state={own.live} updatedAt={own.updatedAt} />
          </Group>
          <div className={classes.columns}>
            <DayList bookings={own.bookings} timeZone={own.clinic.timezone} caption={heading} />
            {own.slots.length === 0 ? null : (
              <section aria-label={t('calendar')}>
                <SlotCalendar
                  view="day"
                  day={own.day}
                  slots={own.slots}
                  bookings={own.bookings}
                  timeZone={own.clinic.timezone}
                  onSlot={setSlotId}
                />
              </section>
            )}
          </div>
        </>
      )}
      <SlotDialog
        slot={own.slots.find(({ id }) => id === slotId)}
        bookings={own.bookings}
        clinicId={own.clinic.id}
        timeZone={own.clinic.timezone}
        onClose={() => setSlotId(null)}
      />
    </Stack>
  )
}
