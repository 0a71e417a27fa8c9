import type { Booking } from '@holdfast/contract/client'

/** The parts of today's list; `expected`: of another day, who has not been there. */
export type GroupName = 'waiting' | 'next' | 'later' | 'expected' | 'done'

export type Entry<One> = { kind: 'heading'; group: GroupName } | { kind: 'row'; group: GroupName; booking: One }

const minuteMs = 60_000
/** Who begins within this time is next, as is who should have begun and is not there. */
const nextMs = 60 * minuteMs
/** A visit that is over later than planned by less is none that keeps others waiting; nor is such a patient late. */
const lateMinutesMin = 5

export const groupsInOrder: readonly GroupName[] = ['waiting', 'next', 'later', 'expected', 'done']

/** Whether a booking is in the lists of a day: those that were cancelled or have failed are among all bookings only. */
export function isListed({ status }: Pick<Booking, 'status'>): boolean {
  return status !== 'CANCELLED' && status !== 'FAILED'
}

function groupOf({ status, startsAt }: Booking, isToday: boolean, now: number): GroupName {
  if (status === 'COMPLETED' || status === 'NO_SHOW') return 'done'
  if (status === 'ARRIVED') return 'waiting'
  if (!isToday) return 'expected'
  return Date.parse(startsAt) < now + nextMs ? 'next' : 'later'
}

/**
 * A day's list: the groups that have somebody, each with its heading, in order of start; of those who are done, the
 * last one first.
 *
 * @param bookings by start @param now milliseconds since 1970
 */
export function entriesOf<One extends Booking>(bookings: readonly One[], isToday: boolean, now: number): Entry<One>[] {
  const byGroup = Map.groupBy(bookings.filter(isListed), (one) => groupOf(one, isToday, now))
  return groupsInOrder.flatMap((group): Entry<One>[] => {
    const found = byGroup.get(group)
    if (found === undefined) return []
    const inOrder = group === 'done' ? found.toReversed() : found
    return [{ kind: 'heading', group }, ...inOrder.map((booking) => ({ kind: 'row', group, booking }) as const)]
  })
}

/** For how many whole minutes a patient has been there; null: it is not known, or they are not there. */
export function minutesWaiting({ status, arrivedAt }: Booking, now: number): number | null {
  if (status !== 'ARRIVED' || arrivedAt === undefined) return null
  return Math.max(0, Math.floor((now - Date.parse(arrivedAt)) / minuteMs))
}

/** By how many whole minutes a patient is late who has not come; null: they are not, or only by a few. */
export function minutesOverdue({ status, startsAt }: Booking, now: number): number | null {
  const minutes = Math.floor((now - Date.parse(startsAt)) / minuteMs)
  return status === 'CONFIRMED' && minutes >= lateMinutesMin ? minutes : null
}

/**
 * By how many minutes doctors are late, those that are: since when the first visit should have been over whose patient
 * is there. One before a completed visit was not marked, or is seen in between, and does not count.
 *
 * @param bookings of a day, by start
 */
export function minutesLate(bookings: readonly Booking[], now: number): ReadonlyMap<string, number> {
  const late = new Map<string, number>()
  for (const [doctorId, own] of Map.groupBy(bookings, (one) => one.doctorId)) {
    const open = own.slice(own.findLastIndex(({ status }) => status === 'COMPLETED') + 1)
    const first = open.find(({ status }) => status === 'ARRIVED')
    if (first === undefined) continue
    const minutes = Math.floor((now - Date.parse(first.endsAt)) / minuteMs)
    if (minutes >= lateMinutesMin) late.set(doctorId, minutes)
  }
  return late
}
