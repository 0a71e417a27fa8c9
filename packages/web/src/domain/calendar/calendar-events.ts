import type { BlockedSlot, Booking, OpenSession, Slot } from '@holdfast/contract/client'
import type { ScheduleEventData } from '@mantine/schedule'
import { localDateTime } from '../../lib/time/local-time.ts'
import { isExpected } from '../bookings/is-expected.ts'

export type SlotTexts = {
  free: string
  freeSlots: (count: number) => string
  held: string
  /** What blocks a slot. */
  blocked: (slot: BlockedSlot) => string
  places: (taken: number, capacity: number) => string
}

/** `held`: patients are booking it, and nobody has confirmed. `arrived`: all of its patients are there. */
export type EventKind = 'free' | 'held' | 'blocked' | 'booked' | 'arrived'

export type CalendarEvent = ScheduleEventData & {
  id: string
  /** Local, `YYYY-MM-DD HH:MM:SS` */
  start: string
  end: string
  payload: {
    kind: EventKind
    /** If there are several, they are consecutive free slots. */
    slotIds: readonly string[]
    /** The instants of its start and end. */
    startsAt: string
    endsAt: string
    /** The status of a single booking. */
    status: Booking['status'] | null
    /** Its patient has confirmed to come. */
    isExpected: boolean
  }
}

/**
 * One event per slot, in the clinic's local time, but one for all free slots of a day that follow each other. Its
 * title: free, the patient, or how many places are taken.
 */
export function calendarEvents(
  slots: readonly Slot[],
  bookings: readonly Booking[],
  timeZone: string,
  texts: SlotTexts,
  blocked: ReadonlyMap<string, BlockedSlot> = new Map(),
): CalendarEvent[] {
  const coming = Map.groupBy(bookings.filter(isComing), ({ slotId }) => slotId)
  const events: CalendarEvent[] = []
  const inOrder = slots.toSorted((a, b) => Date.parse(a.startsAt) - Date.parse(b.startsAt))
  for (const slot of inOrder) {
    const booked = coming.get(slot.id) ?? []
    // A blocked slot has nothing available, whatever is taken.
    const block = blocked.get(slot.id)
    const taken = block ? unitsOf(booked) : slot.capacity - slot.available
    const ofTaken = eventOf(slot, taken, booked, timeZone, texts)
    const event = block && booked.length === 0 ? blockedEvent(ofTaken, texts.blocked(block)) : ofTaken
    const last = events.at(-1)
    if (last !== undefined && isNextFree(last, event)) {
      const slotIds = [...last.payload.slotIds, slot.id]
      const payload = { ...last.payload, slotIds, endsAt: slot.endsAt }
      events[events.length - 1] = { ...last, title: texts.freeSlots(slotIds.length), end: event.end, payload }
    } else events.push(event)
  }
  return events
}

/** What is shown behind the events: a doctor's open sessions. */
export type SessionEvent = ScheduleEventData & { id: string; start: string; end: string; display: 'background' }

/** Sessions in the clinic's local time. @param titleOf what is written into one */
export function sessionEvents(
  sessions: readonly OpenSession[],
  timeZone: string,
  titleOf: (session: OpenSession) => string,
): SessionEvent[] {
  return sessions.map((session) => ({
    id: session.id,
    title: titleOf(session),
    start: localDateTime(session.startsAt, timeZone),
    end: localDateTime(session.endsAt, timeZone),
    color: 'gray',
    display: 'background',
  }))
}

/** Bookings that take places of their slot. */
export function isComing({ status }: Pick<Booking, 'status'>): boolean {
  return status !== 'CANCELLED' && status !== 'FAILED'
}

/** How many places these bookings take. */
export function unitsOf(coming: readonly Booking[]): number {
  return coming.reduce((sum, { units }) => sum + units, 0)
}

function blockedEvent(event: CalendarEvent, title: string): CalendarEvent {
  return { ...event, title, payload: { ...event.payload, kind: 'blocked' } }
}

function eventOf(
  slot: Slot,
  taken: number,
  booked: readonly Booking[],
  timeZone: string,
  texts: SlotTexts,
): CalendarEvent {
  const [first] = booked
  const isFree = taken <= 0 && first === undefined
  const kind = isFree ? 'free' : kindOfTaken(booked)
  const title = isFree
    ? texts.free
    : slot.capacity > 1
      ? texts.places(taken, slot.capacity)
      : first?.patient.name || texts.held
  return {
    id: slot.id,
    title,
    start: localDateTime(slot.startsAt, timeZone),
    end: localDateTime(slot.endsAt, timeZone),
    color: 'gray',
    payload: {
      kind,
      slotIds: [slot.id],
      startsAt: slot.startsAt,
      endsAt: slot.endsAt,
      status: slot.capacity === 1 ? (first?.status ?? null) : null,
      isExpected: slot.capacity === 1 && first !== undefined && isExpected(first),
    },
  }
}

function kindOfTaken(booked: readonly Booking[]): EventKind {
  if (booked.every(({ status }) => status === 'PENDING')) return 'held'
  return booked.every(({ status }) => status === 'ARRIVED') ? 'arrived' : 'booked'
}

function isNextFree(last: CalendarEvent, next: CalendarEvent): boolean {
  const areFree = last.payload.kind === 'free' && next.payload.kind === 'free'
  return areFree && last.end === next.start && dayOf(last.start) === dayOf(next.start)
}

const dayOf = (local: string) => local.slice(0, 10)

/** The full hours that contain all events, at least eight: a calendar of a quarter of an hour would be unreadable. */
export function shownHours(events: readonly Pick<CalendarEvent, 'start' | 'end'>[]): {
  startTime: string
  endTime: string
} {
  let first = 24
  let last = 0
  for (const { start, end } of events) {
    const [startDay, startTime = ''] = start.split(' ')
    const [endDay, endTime = ''] = end.split(' ')
    first = Math.min(first, Number(startTime.slice(0, 2)))
    last = Math.max(
      last,
      startDay === endDay ? Math.ceil(Number(endTime.slice(0, 2)) + Number(endTime.slice(3, 5)) / 60) : 24,
    )
  }
  if (last <= first) return { startTime: '08:00:00', endTime: '18:00:00' }
  while (last - first < 8) {
    if (last < 24) last += 1
    if (first > 0 && last - first < 8) first -= 1
  }
  const hour = (value: number) => `${String(value).padStart(2, '0')}:00:00`
  return { startTime: hour(first), endTime: last === 24 ? '23:59:59' : hour(last) }
}

/** The event that an arrow key, Home or End leads to; null for other keys, or if there is none. */
export function eventReachedBy(
  key: string,
  events: readonly Pick<CalendarEvent, 'id' | 'start'>[],
  from: string,
  isRightToLeft: boolean,
): string | null {
  const days = [...Map.groupBy(events, ({ start }) => dayOf(start)).values()]
  const dayIndex = days.findIndex((day) => day.some(({ id }) => id === from))
  const day = days[dayIndex] ?? []
  const index = day.findIndex(({ id }) => id === from)
  const at = day[index]
  if (at === undefined) return null
  /** The event of the next day with events that starts at about the same time. */
  const sideways = (step: 1 | -1) => {
    const distance = ({ start }: { start: string }) => Math.abs(minutesOf(start) - minutesOf(at.start))
    return days[dayIndex + step]?.toSorted((a, b) => distance(a) - distance(b))[0]
  }
  const targets: Record<string, () => Pick<CalendarEvent, 'id'> | undefined> = {
    ArrowDown: () => day[index + 1],
    ArrowUp: () => day[index - 1],
    ArrowRight: () => sideways(isRightToLeft ? -1 : 1),
    ArrowLeft: () => sideways(isRightToLeft ? 1 : -1),
    Home: () => day[0],
    End: () => day.at(-1),
  }
  return targets[key]?.()?.id ?? null
}

function minutesOf(local: string): number {
  return Number(local.slice(11, 13)) * 60 + Number(local.slice(14, 16))
}
