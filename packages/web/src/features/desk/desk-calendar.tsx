import '@mantine/schedule/styles.css'
import type { Booking, Slot } from '@holdfast/contract/client'
import { DayView, WeekView } from '@mantine/schedule'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { formatDate, formatNumber, formatTime } from '../../lib/format.ts'
import { serverNow } from '../../lib/server-clock.ts'
import { calendarEvents, shownHours } from './calendar-events.ts'
import classes from './desk-calendar.module.css'
import { localDateTime } from './local-time.ts'

type DeskCalendarProps = {
  view: 'day' | 'week'
  /** Any day of the week. */
  day: string
  slots: readonly Slot[]
  bookings: readonly Booking[]
  timeZone: string
  onSlot: (slotId: string) => void
}

/** A doctor's times as a calendar, in the clinic's local time; each opens by press or key. */
export function DeskCalendar({ view, day, slots, bookings, timeZone, onSlot }: DeskCalendarProps) {
  const { t } = useTranslation('desk')
  const events = useMemo(
    () =>
      calendarEvents(slots, bookings, timeZone, {
        free: t('calendar.free'),
        places: (taken, capacity) =>
          t('calendar.places', { taken: formatNumber(taken), capacity: formatNumber(capacity) }),
      }),
    [slots, bookings, timeZone, t],
  )
  const shared = {
    date: day,
    events,
    ...shownHours(events),
    withHeader: false,
    slotHeight: heightOfHour(slots),
    intervalMinutes: 60,
    slotLabelFormat: (local: string) => formatTime(`${local.replace(' ', 'T').slice(0, 19)}Z`, 'UTC'),
    getCurrentTime: () => localDateTime(serverNow(), timeZone),
    getTimeSlotProps: () => ({ tabIndex: -1, 'aria-hidden': true }),
    onEventClick: ({ id }: { id: string | number }) => onSlot(String(id)),
    renderEvent: (event: { start: Date | string; title: string }, props: EventProps) => (
      <button {...props} aria-label={`${clockOf(event.start)} ${event.title}`} />
    ),
    labels: { noEvents: t('calendar.none'), timeSlot: t('column.time'), weekday: t('calendar.weekday') },
  }
  return (
    <div className={classes.calendar} data-view={view}>
      {view === 'day' ? (
        <DayView {...shared} withAllDaySlot={false} />
      ) : (
        <WeekView
          {...shared}
          withAllDaySlots={false}
          withWeekNumber={false}
          highlightToday
          weekdayFormat={(date) => formatDate(date.slice(0, 10), { weekday: 'short' })}
        />
      )}
    </div>
  )
}

type EventProps = React.ComponentPropsWithoutRef<'button'> & { children: React.ReactNode }

function clockOf(start: Date | string): string {
  return formatTime(`${String(start).replace(' ', 'T')}Z`, 'UTC')
}

/** High enough that the shortest of the times can be read: 24 pixels, which is also what a finger needs. */
function heightOfHour(slots: readonly Slot[]): number {
  const minutes = slots.map(({ startsAt, endsAt }) => (Date.parse(endsAt) - Date.parse(startsAt)) / 60_000)
  const shortest = Math.max(5, Math.min(60, ...minutes))
  return Math.min(288, Math.max(64, (60 / shortest) * 26))
}
