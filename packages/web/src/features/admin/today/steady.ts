import type { Booking } from '@holdfast/contract/client'
import { type Entry, type GroupName, groupsInOrder } from './groups.ts'

/**
 * The entries to show, so that nothing moves that the pointer or the focus is on: up to the last of these rows, all
 * stay where they were shown, with what is known of them now. What has left the list is the exception. Rows that would
 * have to come before them wait until the row is left.
 *
 * @param shown what is shown @param now what would be shown otherwise @param isHeld whether a row has to stay
 */
export function steadyEntries<One extends Pick<Booking, 'id'>>(
  shown: readonly Entry<One>[],
  now: readonly Entry<One>[],
  isHeld: (id: string) => boolean,
): readonly Entry<One>[] {
  const last = shown.findLastIndex((entry) => entry.kind === 'row' && isHeld(entry.booking.id))
  const held = shown[last]
  if (held === undefined) return now
  const newest = new Map(now.flatMap((entry) => (entry.kind === 'row' ? [[entry.booking.id, entry.booking]] : [])))
  const before = shown.slice(0, last + 1).flatMap((entry): Entry<One>[] => {
    if (entry.kind === 'heading') return [entry]
    const booking = newest.get(entry.booking.id)
    return booking === undefined ? [] : [{ ...entry, booking }]
  })
  const kept = new Set(before.map(keyOf))
  // After the row: the rest of its group, and the groups after that.
  const start = now.findIndex((entry) => entry.kind === 'heading' && isAtOrAfter(entry.group, held.group))
  const after = start === -1 ? [] : now.slice(start).filter((entry) => !kept.has(keyOf(entry)))
  return [...before, ...after]
}

export function keyOf(entry: Entry<Pick<Booking, 'id'>>): string {
  return entry.kind === 'heading' ? entry.group : entry.booking.id
}

function isAtOrAfter(group: GroupName, other: GroupName): boolean {
  return groupsInOrder.indexOf(group) >= groupsInOrder.indexOf(other)
}
