import '@mantine/schedule/styles.css'
import type { BlockedSlot, Booking, OpenSession, Slot } from '@holdfast/contract/client'
import { DayView, type ScheduleEventData, WeekView } from '@mantine/schedule'
import { type KeyboardEvent, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { comma, formatDate, formatDay, formatNumber, formatTime, formatTimes } from '../../lib/i18n/format.ts'
import { localDateTime } from '../../lib/time/local-time.ts'
import { serverNow } from '../../lib/time/server-clock.ts'
import { blockedText } from '../busy-calendar/blocked-text.ts'
import {
  type CalendarEvent,
  calendarEvents,
  type EventKind,
  eventReachedBy,
  sessionEvents,
  shownHours,
} from './calendar-events.ts'
import classes from './slot-calendar.module.css'

/** Hours of a local day: `YYYY-MM-DD`, and `HH:MM` twice. */
export type DayHours = { day: string; from: string; to: string }

export type SlotCalendarProps = {
  view: 'day' | 'week'
  /** A day of the week that is shown. */
  day: string
  slots: readonly Slot[]
  /** The open sessions, which are shown behind the slots. */
  sessions: readonly OpenSession[]
  bookings: readonly Booking[]
  /** The slots that are blocked, by id. */
  blocked?: ReadonlyMap<string, BlockedSlot>
  timeZone: string
  onSlot: (slotId: string) => void
  /** Hours were selected: by dragging, by a click, or by opening several free slots. */
  onHours: (hours: DayHours) => void
  /** A day of the week was opened. */
  onDay?: ((day: string) => void) | undefined
}

/**
 * A doctor's slots as a calendar in the clinic's local time. It is one stop of the Tab key; the arrow keys move from
 * slot to slot, and Enter opens one.
 */
export function SlotCalendar(props: SlotCalendarProps) {
  const { view, day, slots, sessions, bookings, blocked, timeZone, onSlot, onHours, onDay } = props
  const { t } = useTranslation('schedule')
  const events = useEvents(slots, bookings, timeZone, blocked)
  const behind = useSessionEvents(sessions, timeZone)
  const shown = [...behind, ...events]
  const rootRef = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    nameDaysByTheirText(rootRef.current)
    writeDaysInDigitsOfLanguage(rootRef.current)
  })
  const propsOfEvent = useOneTabStop(events)
  const nameOf = useNames(timeZone)
  const open = ({ start, end, payload: { slotIds } }: CalendarEvent) => {
    const [only, second] = slotIds
    if (only !== undefined && second === undefined) onSlot(only)
    else onHours(hoursOf(start, end))
  }
  const openAt = (start: string, end: string) => {
    const found = events.find((event) => event.start <= start && start < event.end)
    if (found === undefined) onHours(hoursOf(start, end))
    else open(found)
  }
  const shared = {
    date: day,
    events: shown,
    ...shownHours(shown),
    withHeader: false,
    // The bubble has room for `09:30` only, not for times in other languages.
    withCurrentTimeBubble: false,
    slotHeight: heightOfHour(slots),
    intervalMinutes: 15,
    withSubHourGridLines: false,
    slotLabelFormat: (local: string) => formatTime(`${local.replace(' ', 'T').slice(0, 19)}Z`, 'UTC'),
    getCurrentTime: () => localDateTime(serverNow(), timeZone),
    // The pointer's way to hours without slots; the keyboard's is the button above the calendar.
    getTimeSlotProps: () => ({ tabIndex: -1, 'aria-hidden': true }),
    withDragSlotSelect: true,
    onSlotDragEnd: (start: string, end: string) => onHours(hoursOf(start, end)),
    onTimeSlotClick: ({ slotStart }: { slotStart: string }) => openAt(slotStart, hourAfter(slotStart)),
    onEventClick: ({ id }: { id: string | number }) => {
      const event = events.find((one) => one.id === id)
      if (event !== undefined) open(event)
    },
    // Sessions are behind the slots, and nothing happens where one is pressed but what does without it.
    renderEvent: ({ id }: ScheduleEventData, props: EventProps) => {
      const event = events.find((one) => one.id === id)
      if (event === undefined) {
        return (
          <div className={`${props.className ?? ''} ${classes.session}`} style={props.style}>
            {props.children}
          </div>
        )
      }
      return (
        <button
          {...props}
          className={`${props.className ?? ''} ${classes.event}`}
          data-kind={event.payload.kind}
          data-expected={event.payload.isExpected || undefined}
          aria-label={nameOf(event)}
          {...propsOfEvent(event)}
        />
      )
    },
    labels: { noEvents: t('calendar.none'), timeSlot: t('column.time') },
  }
  return (
    <>
      <CalendarLegend events={events} hasSessions={behind.length > 0} />
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
            // `wanted` has a time: `2026-11-24 00:00:00`.
            onDateChange={(wanted) => onDay?.(wanted.slice(0, 10))}
            weekdayFormat={(date) => `${formatDate(date.slice(0, 10), { weekday: 'short' })} `}
          />
        )}
      </div>
    </>
  )
}

function useEvents(
  slots: readonly Slot[],
  bookings: readonly Booking[],
  timeZone: string,
  blocked: ReadonlyMap<string, BlockedSlot> | undefined,
): CalendarEvent[] {
  const { t } = useTranslation(['schedule', 'shell'])
  return useMemo(
    () =>
      calendarEvents(
        slots,
        bookings,
        timeZone,
        {
          free: t('calendar.free'),
          freeSlots: (count) => t('calendar.freeSlots', { count }),
          held: t('shell:status.PENDING'),
          blocked: (slot) => blockedText(t, slot),
          places: (taken, capacity) =>
            t('calendar.places', { taken: formatNumber(taken), capacity: formatNumber(capacity) }),
        },
        blocked,
      ),
    [slots, bookings, timeZone, blocked, t],
  )
}

function useSessionEvents(sessions: readonly OpenSession[], timeZone: string) {
  const { t } = useTranslation('schedule')
  return useMemo(
    () =>
      sessionEvents(sessions, timeZone, ({ startsAt, endsAt }) => {
        return t('calendar.sessionAt', { times: formatTimes(startsAt, endsAt, timeZone) })
      }),
    [sessions, timeZone, t],
  )
}

/** Only the last slot that had the focus is reached by Tab; at first the first one. */
function useOneTabStop(events: readonly CalendarEvent[]) {
  const [last, setLast] = useState<string | null>(null)
  const current = events.find(({ id }) => id === last)?.id ?? events[0]?.id
  return ({ id }: CalendarEvent) => ({
    tabIndex: id === current ? 0 : -1,
    onFocus: () => setLast(id),
    onKeyDown: (event: KeyboardEvent<HTMLButtonElement>) => {
      if (event.altKey || event.ctrlKey || event.metaKey) return
      const target = eventReachedBy(event.key, events, id, document.documentElement.dir === 'rtl')
      if (target === null) return
      event.preventDefault()
      const calendar = event.currentTarget.closest(`.${classes.calendar}`)
      calendar?.querySelector<HTMLElement>(`[data-event-id="${target}"]`)?.focus()
    },
  })
}

/** `Monday 23 November, 09:00–09:15, Ada Lovelace, Confirmed, Coming` */
function useNames(timeZone: string): (event: CalendarEvent) => string {
  const { t } = useTranslation('shell')
  return ({ title, payload: { startsAt, endsAt, status, isExpected } }) => {
    const parts = [formatDay(startsAt, timeZone), formatTimes(startsAt, endsAt, timeZone), title]
    const label = status === null ? null : t(`status.${status}`)
    // A hold without a name is called by its status already.
    if (label !== null && label !== title) parts.push(label)
    if (isExpected) parts.push(t('attendance'))
    return parts.join(`${comma()} `)
  }
}

/**
 * The calendar labels its days `2026-11-16`. The visible text is the better name (WCAG 2.5.3), so the label is removed.
 */
function nameDaysByTheirText(root: HTMLElement | null): void {
  for (const label of root?.querySelectorAll('.mantine-WeekView-weekViewDayLabel[aria-label]') ?? []) {
    label.removeAttribute('aria-label')
  }
}

/** Mantine writes the days of the month in Latin digits, on Arabic pages, too. */
function writeDaysInDigitsOfLanguage(root: HTMLElement | null): void {
  for (const label of root?.querySelectorAll('.mantine-WeekView-weekViewDayNumber') ?? []) {
    const day = Number(label.textContent)
    if (!Number.isNaN(day)) label.textContent = formatNumber(day)
  }
}

/** Weekends have the normal colour: red is for errors. */
const dayLabelClass = { weekViewDayLabel: classes.dayLabel ?? '' }

type EventProps = React.ComponentPropsWithoutRef<'button'> & { children: React.ReactNode }

/** @param end of the same day, or midnight after it, for which the last row has 23:59:59 */
function hoursOf(start: string, end: string): DayHours {
  const day = start.slice(0, 10)
  const isMidnight = !end.startsWith(day) || end.endsWith('23:59:59')
  return { day, from: start.slice(11, 16), to: isMidnight ? '24:00' : end.slice(11, 16) }
}

/** An hour later on the same day. */
function hourAfter(local: string): string {
  const hour = Number(local.slice(11, 13)) + 1
  return hour > 23
    ? `${local.slice(0, 10)} 23:59:59`
    : `${local.slice(0, 11)}${String(hour).padStart(2, '0')}${local.slice(13)}`
}

/** High enough that the shortest slot has 24 pixels, to be read and touched. */
function heightOfHour(slots: readonly Slot[]): number {
  const minutes = slots.map(({ startsAt, endsAt }) => (Date.parse(endsAt) - Date.parse(startsAt)) / 60_000)
  const shortest = Math.max(5, Math.min(60, ...minutes))
  return Math.min(288, Math.max(64, (60 / shortest) * 26))
}

const kindTexts = {
  booked: 'calendar.booked',
  arrived: 'calendar.arrived',
  held: 'calendar.held',
  blocked: 'calendar.blocked',
  free: 'calendar.free',
} as const satisfies Record<EventKind, string>
const kinds = Object.keys(kindTexts) as EventKind[]

/** What the colours and the sign of the calendar mean; only what it shows now. */
function CalendarLegend({ events, hasSessions }: { events: readonly CalendarEvent[]; hasSessions: boolean }) {
  const { t } = useTranslation('schedule')
  const shown = new Set(events.map(({ payload }) => payload.kind))
  const isExpectedShown = events.some(({ payload }) => payload.isExpected)
  if (shown.size === 0 && !hasSessions) return null
  return (
    <ul className={`${classes.legend} no-print`} aria-label={t('calendar.legend')}>
      {kinds
        .filter((kind) => shown.has(kind))
        .map((kind) => (
          <li key={kind}>
            <span className={classes.swatch} data-kind={kind} aria-hidden="true" />
            {t(kindTexts[kind])}
          </li>
        ))}
      {hasSessions ? (
        <li>
          <span className={classes.swatch} data-kind="session" aria-hidden="true" />
          {t('calendar.session')}
        </li>
      ) : null}
      {isExpectedShown ? (
        <li>
          <span className={classes.swatch} data-kind="booked" aria-hidden="true">
            ✓
          </span>
          {t('calendar.expected')}
        </li>
      ) : null}
    </ul>
  )
}
