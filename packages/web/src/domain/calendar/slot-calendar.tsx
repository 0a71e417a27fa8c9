import '@mantine/schedule/styles.css'
import type { Booking, Slot } from '@holdfast/contract/client'
import { DayView, type ScheduleEventData, WeekView } from '@mantine/schedule'
import { useLayoutEffect, useMemo, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { formatDate, formatNumber, formatTime } from '../../lib/format.ts'
import { localDateTime } from '../../lib/local-time.ts'
import { serverNow } from '../../lib/server-clock.ts'
import { calendarEvents, shownHours } from './calendar-events.ts'
import classes from './slot-calendar.module.css'

type SlotCalendarProps = {
  view: 'day' | 'week'
  /** A day of the week that is shown. */
  day: string
  slots: readonly Slot[]
  bookings: readonly Booking[]
  timeZone: string
  onSlot: (slotId: string) => void
  /** A day of the week was opened. */
  onDay?: (day: string) => void
}

/** A doctor's slots as a calendar in the clinic's local time; each opens by click or key. */
export function SlotCalendar({ view, day, slots, bookings, timeZone, onSlot, onDay }: SlotCalendarProps) {
  const { t } = useTranslation(['schedule', 'shell'])
  const events = useMemo(
    () =>
      calendarEvents(slots, bookings, timeZone, {
        free: t('calendar.free'),
        held: t('shell:status.PENDING'),
        places: (taken, capacity) =>
          t('calendar.places', { taken: formatNumber(taken), capacity: formatNumber(capacity) }),
      }),
    [slots, bookings, timeZone, t],
  )
  const rootRef = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => nameDaysByTheirText(rootRef.current))
  const shared = {
    date: day,
    events,
    ...shownHours(events),
    withHeader: false,
    // The bubble has room for `09:30` only, not for times in other languages.
    withCurrentTimeBubble: false,
    slotHeight: heightOfHour(slots),
    intervalMinutes: 60,
    slotLabelFormat: (local: string) => formatTime(`${local.replace(' ', 'T').slice(0, 19)}Z`, 'UTC'),
    getCurrentTime: () => localDateTime(serverNow(), timeZone),
    getTimeSlotProps: () => ({ tabIndex: -1, 'aria-hidden': true }),
    onEventClick: ({ id }: { id: string | number }) => onSlot(String(id)),
    renderEvent: (event: ScheduleEventData, props: EventProps) => (
      <button
        {...props}
        className={`${props.className ?? ''} ${classes.event}`}
        data-free={event.payload?.isFree || undefined}
        aria-label={`${clockOf(event.start)} ${event.title}`}
      />
    ),
    labels: { noEvents: t('calendar.none'), timeSlot: t('column.time') },
  }
  return (
    <div className={classes.calendar} data-view={view} ref={rootRef}>
      {view === 'day' ? (
        <DayView {...shared} withAllDaySlot={false} />
      ) : (
        <WeekView
          {...shared}
          withAllDaySlots={false}
          withWeekNumber={false}
          highlightToday
          classNames={dayLabelClass}
          onDateChange={(wanted) => onDay?.(wanted)}
          weekdayFormat={(date) => formatDate(date.slice(0, 10), { weekday: 'short' })}
        />
      )}
    </div>
  )
}

/**
 * The calendar labels its days `2026-11-16`. The visible text is the better name (WCAG 2.5.3), so the label is removed.
 */
function nameDaysByTheirText(root: HTMLElement | null): void {
  for (const label of root?.querySelectorAll('.mantine-WeekView-weekViewDayLabel[aria-label]') ?? []) {
    label.removeAttribute('aria-label')
  }
}

/** Weekends have the normal colour: red is for errors. */
const dayLabelClass = { weekViewDayLabel: classes.dayLabel ?? '' }

type EventProps = React.ComponentPropsWithoutRef<'button'> & { children: React.ReactNode }

function clockOf(start: Date | string): string {
  return formatTime(`${String(start).replace(' ', 'T')}Z`, 'UTC')
}

/** High enough that the shortest slot has 24 pixels, to be read and touched. */
function heightOfHour(slots: readonly Slot[]): number {
  const minutes = slots.map(({ startsAt, endsAt }) => (Date.parse(endsAt) - Date.parse(startsAt)) / 60_000)
  const shortest = Math.max(5, Math.min(60, ...minutes))
  return Math.min(288, Math.max(64, (60 / shortest) * 26))
}
