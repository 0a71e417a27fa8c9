import type { BookingEvent } from '@holdfast/engine'
import type { BuilderDatabase } from './builders.ts'

type Status = 'PENDING' | 'CONFIRMED' | 'FAILED' | 'CANCELLED' | 'ARRIVED' | 'NO_SHOW' | 'COMPLETED'

export type HistoryEvent = {
  bookingId: string
  version: number
  /** The place in the log's order, also for the changes of a slot, because it is assigned under the slot's lock. */
  seq: number
  at: Date
  type: BookingEvent['type']
  /** linked, reopened: the status afterwards, as the event says. */
  statusAfter: Status | null
  slotId: string
  units: number
  holdExpiresAt: Date | null
  fromSlotId: string | null
  reason: string | null
  actorId: string | null
}

export type HistorySlot = { id: string; capacity: number; taken: number }

type Follower = {
  status: Status
  version: number
  at: Date
  slotId: string
  units: number
  holdExpiresAt: Date | null
  reason: string | null
  isRequest: boolean
  linkedTo: string | null
}

/**
 * The legal transitions; held, offered and confirmed may also be first. A link or an erasure may follow any event,
 * once, and a correction of the patient any, and they change no status.
 */
const next: Record<Status, Partial<Record<BookingEvent['type'], Status>>> = {
  PENDING: {
    confirmed: 'CONFIRMED',
    extended: 'PENDING',
    link_requested: 'PENDING',
    requested: 'PENDING',
    moved: 'PENDING',
    cancelled: 'CANCELLED',
    failed: 'FAILED',
  },
  CONFIRMED: {
    moved: 'CONFIRMED',
    attendance_confirmed: 'CONFIRMED',
    attendance_withdrawn: 'CONFIRMED',
    cancelled: 'CANCELLED',
    failed: 'FAILED',
    arrived: 'ARRIVED',
    no_show: 'NO_SHOW',
  },
  ARRIVED: { completed: 'COMPLETED', reopened: 'CONFIRMED' },
  FAILED: {},
  CANCELLED: {},
  NO_SHOW: { reopened: 'CONFIRMED' },
  COMPLETED: { reopened: 'ARRIVED' },
}

/** The reasons with which appointments end, after each status. */
const endReasons: Partial<Record<Status, Partial<Record<BookingEvent['type'], (string | null)[]>>>> = {
  PENDING: {
    failed: ['hold_expired', 'slot_withdrawn', 'slot_closed', 'system_error'],
    cancelled: ['hold_released', 'time_taken'],
  },
  CONFIRMED: { failed: ['slot_withdrawn'], cancelled: [null] },
}

/**
 * Replays the whole log of a database and describes every fault: a slot with more units than its capacity at any moment
 * (not only at the end), versions with a gap or out of order, an illegal transition, a hold confirmed, extended, moved
 * or requested after its end or expired before it, an end by a reason that its status does not allow, a link to no
 * account or a second one, a `taken` that differs from the log. Empty: no fault.
 *
 * `largest`: the capacity of slots that had more than they have now.
 *
 * It shares no code with the engine's `verify`, so that one mistake can't hide in both.
 */
export async function checkHistory(
  database: BuilderDatabase,
  largest: ReadonlyMap<string, number> = new Map(),
): Promise<string[]> {
  const slots = await database.ownerPool.query<HistorySlot>('select id, capacity, taken from holdfast.slot')
  const events = await database.ownerPool.query<HistoryEvent>(`
    select booking_id as "bookingId", version, seq, at, type, status_after as "statusAfter", slot_id as "slotId",
     units, hold_expires_at as "holdExpiresAt", from_slot_id as "fromSlotId", reason,
           actor_id as "actorId"
      from holdfast.booking_event order by seq`)
  const slotsThen = slots.rows.map((slot) => ({ ...slot, capacity: largest.get(slot.id) ?? slot.capacity }))
  return replayHistory(slotsThen, events.rows)
}

/** The same for a given history; `events` by `seq`. */
export function replayHistory(slots: HistorySlot[], events: HistoryEvent[]): string[] {
  const violations: string[] = []
  const bookings = new Map<string, Follower>()
  const taken = new Map<string, number>()
  const capacity = new Map(slots.map((slot) => [slot.id, slot.capacity]))
  const take = (slotId: string, units: number, event: HistoryEvent) => {
    const sum = (taken.get(slotId) ?? 0) + units
    taken.set(slotId, sum)
    const limit = capacity.get(slotId)
    if (limit === undefined) violations.push(`event ${event.seq}: slot ${slotId} doesn't exist`)
    else if (sum > limit) violations.push(`event ${event.seq}: slot ${slotId} has ${sum} of ${limit} units taken`)
  }
  const erased = new Set(events.filter(({ type }) => type === 'erased').map(({ bookingId }) => bookingId))
  for (const event of events) {
    const before = bookings.get(event.bookingId)
    const after = follow(before, event, violations, erased.has(event.bookingId))
    bookings.set(event.bookingId, after)
    if (before !== undefined && holdsUnits(before.status)) take(before.slotId, -before.units, event)
    if (holdsUnits(after.status)) take(after.slotId, after.units, event)
  }
  for (const slot of slots) {
    const sum = taken.get(slot.id) ?? 0
    if (sum !== slot.taken) violations.push(`slot ${slot.id}: taken is ${slot.taken}, the log says ${sum}`)
  }
  return violations
}

/** Of a hold, before its end. */
const needsHold: ReadonlySet<BookingEvent['type']> = new Set([
  'confirmed',
  'extended',
  'link_requested',
  'requested',
  'moved',
])

/** @param isErased the patient was erased later, and with it the account of a link */
function follow(before: Follower | undefined, event: HistoryEvent, violations: string[], isErased: boolean): Follower {
  const complain = (what: string) => violations.push(`event ${event.seq}, booking ${event.bookingId}: ${what}`)
  const versionWanted = (before?.version ?? 0) + 1
  if (event.version !== versionWanted) complain(`version ${event.version} where ${versionWanted} was due`)
  const status = statusAfter(before, event.type)
  if (status === undefined) complain(`${event.type} after ${before?.status ?? 'nothing'}`)
  const saysStatus = event.type === 'reopened' || keepsStatus(event.type)
  if (event.statusAfter !== (saysStatus ? status : null)) {
    complain(`${event.type} says ${event.statusAfter}, but leads to ${status}`)
  }
  if (before !== undefined) {
    if (event.at < before.at) complain('it happened before its predecessor')
    if (event.units !== before.units && !givesOrGetsUnit(before, event)) {
      complain(`its units went from ${before.units} to ${event.units}`)
    }
    if (event.type === 'moved' && event.fromSlotId !== before.slotId) complain('it moved from a slot it was not in')
    if (event.type !== 'moved' && event.slotId !== before.slotId && !givesOrGetsUnit(before, event)) {
      complain(`${event.type} changed its slot`)
    }
    if (needsHold.has(event.type) && before.holdExpiresAt !== null && event.at >= before.holdExpiresAt) {
      complain(`its hold was ${event.type} after its end`)
    }
    if (event.reason === 'hold_expired' && before.holdExpiresAt !== null && event.at < before.holdExpiresAt) {
      complain('its hold expired before its end')
    }
    if (endReasons[before.status]?.[event.type]?.includes(event.reason) === false) {
      complain(`it was ${event.type} after ${before.status}, by the reason ${event.reason}`)
    }
    if (event.reason === 'time_taken' && !(before.isRequest && event.units === 0)) {
      complain('it lost its time, and is no request that holds nothing')
    }
  }
  if (before !== undefined && event.type === 'linked') judgeLink(before, event, isErased, complain)
  return {
    status: status ?? before?.status ?? 'PENDING',
    version: event.version,
    at: event.at,
    slotId: event.slotId,
    units: event.units,
    holdExpiresAt: event.holdExpiresAt,
    reason: event.reason,
    isRequest: before?.isRequest === true || event.type === 'requested',
    // A corrected contact may have taken the account off, and another one may add the booking.
    linkedTo:
      event.type === 'linked' ? event.actorId : event.type === 'contact_corrected' ? null : (before?.linkedTo ?? null),
  }
}

/** A request that holds nothing gives its unit back, and gets one, in any slot, when it is approved. */
function givesOrGetsUnit(before: Follower, { type, units }: HistoryEvent): boolean {
  return type === 'requested'
    ? before.units === 1 && units === 0
    : type === 'confirmed' && before.units === 0 && units === 1
}

function statusAfter(before: Follower | undefined, type: BookingEvent['type']): Status | undefined {
  if (before !== undefined) return keepsStatus(type) ? before.status : next[before.status][type]
  if (type === 'held' || type === 'offered') return 'PENDING'
  if (type === 'confirmed') return 'CONFIRMED'
  return undefined
}

function judgeLink(before: Follower, event: HistoryEvent, isErased: boolean, complain: (what: string) => void): void {
  if (event.actorId === null && !isErased) complain('it was linked to no account')
  if (before.linkedTo !== null) complain('it was linked a second time')
  if (event.holdExpiresAt?.getTime() !== before.holdExpiresAt?.getTime()) complain('the link changed its hold')
  if (event.reason !== before.reason) complain('the link changed why it failed')
}

function holdsUnits(status: Status): boolean {
  return status !== 'FAILED' && status !== 'CANCELLED'
}

function keepsStatus(type: BookingEvent['type']): boolean {
  return ['linked', 'corrected', 'contact_corrected', 'consent_withdrawn', 'answers_corrected', 'erased'].includes(type)
}
