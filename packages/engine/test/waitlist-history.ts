import type { BuilderDatabase } from '@holdfast/testkit'
import sql from 'sql-template-tag'

type Entry = {
  id: string
  doctorId: string
  units: number
  urgency: number
  joinedAt: Date
  weekdays: number[] | null
}
type Slot = { id: string; doctorId: string; capacity: number; startsAt: Date; localWeekday: number }
type Event = {
  xid: string
  seq: number
  bookingId: string
  version: number
  type: string
  slotId: string
  fromSlotId: string | null
  units: number
  reason: string | null
  entryId: string | null
}

/**
 * Replays the log of a database whose entries all joined before its first event, and describes what the waitlist did
 * against its rule. It knows the rule by itself, and shares no code with the engine.
 *
 * - Who was never offered anything is always next in line: nobody behind them is offered a place that fits them, and no
 *   transaction leaves such a place free.
 * - Nobody is offered a place twice, or two places at once.
 */
export async function checkWaitlistHistory({ ownerPool }: BuilderDatabase, clinicNo: number): Promise<string[]> {
  const entries = await ownerPool.query<Entry>(sql`
    select id, resource_id as "doctorId", units, urgency, joined_at as "joinedAt", weekdays
     from holdfast.waitlist_entry where clinic_no = ${clinicNo}`)
  const slots = await ownerPool.query<Slot>(sql`select id, resource_id as "doctorId", capacity, starts_at as "startsAt",
           extract(isodow from starts_at at time zone 'UTC')::int as "localWeekday"
      from holdfast.slot where clinic_no = ${clinicNo}`)
  const events = await ownerPool.query<Event>(sql`
    select xid, seq::int as seq, booking_id as "bookingId", version, type, slot_id as "slotId",
          from_slot_id as "fromSlotId", units, reason, waitlist_entry_id as "entryId"
     from holdfast.booking_event where clinic_no = ${clinicNo} order by seq`)
  const notified = await ownerPool.query<{ id: string }>(sql`select booking_id as id from holdfast.message
      where clinic_no = ${clinicNo} and kind = 'offered' and state = 'sent'`)
  return replay(entries.rows, slots.rows, events.rows, new Set(notified.rows.map(({ id }) => id)))
}

function replay(entries: Entry[], slots: Slot[], events: Event[], notified: ReadonlySet<string>): string[] {
  const faults: string[] = []
  const slotOf = new Map(slots.map((slot) => [slot.id, slot]))
  const free = new Map(slots.map((slot) => [slot.id, slot.capacity]))
  const neverOffered = new Map(entries.map((entry) => [entry.id, entry]))
  const entryOf = new Map(entries.map((entry) => [entry.id, entry]))
  const live = new Map<string, { slotId: string; units: number; entryId: string | null; isOffer: boolean }>()
  const missed = new Map<string, number>()
  const offered = new Set<string>()
  const open = new Map<string, string>()
  const lastOf = new Map<string, number>()
  for (const [index, { xid }] of events.entries()) lastOf.set(xid, index)
  /** The slots that each transaction has given units back to. */
  const freed = new Map<string, Set<string>>()

  const give = (slotId: string, units: number, xid: string) => {
    free.set(slotId, (free.get(slotId) ?? 0) + units)
    freed.set(xid, (freed.get(xid) ?? new Set()).add(slotId))
  }
  const rank = (entry: Entry) => [-entry.urgency, missed.get(entry.id) ?? 0, entry.joinedAt.getTime()] as const
  const isBefore = (one: Entry, other: Entry) => {
    const [a, b] = [rank(one), rank(other)]
    const at = a.findIndex((value, index) => value !== b[index])
    return at >= 0 && (a[at] ?? 0) < (b[at] ?? 0)
  }
  const fits = (entry: Entry, slotId: string, units: number) => {
    const slot = slotOf.get(slotId)
    return (
      slot !== undefined &&
      entry.doctorId === slot.doctorId &&
      entry.units <= units &&
      (entry.weekdays === null || entry.weekdays.includes(slot.localWeekday))
    )
  }
  const takeOffer = (event: Event) => {
    const entry = entryOf.get(event.entryId ?? '')
    if (entry === undefined) {
      faults.push(`event ${event.seq}: an offer to nobody`)
      return
    }
    if (!fits(entry, event.slotId, free.get(event.slotId) ?? 0)) faults.push(`event ${event.seq}: does not fit`)
    for (const other of neverOffered.values()) {
      if (other.id !== entry.id && fits(other, event.slotId, free.get(event.slotId) ?? 0) && isBefore(other, entry)) {
        faults.push(`event ${event.seq}: entry ${other.id} was overtaken by ${entry.id}`)
      }
    }
    if (offered.has(`${entry.id} ${event.slotId}`)) faults.push(`event ${event.seq}: offered to ${entry.id} before`)
    if (open.has(entry.id)) faults.push(`event ${event.seq}: ${entry.id} has another open offer`)
    offered.add(`${entry.id} ${event.slotId}`)
    open.set(entry.id, event.bookingId)
    neverOffered.delete(entry.id)
  }
  const close = (event: Event) => {
    const booking = live.get(event.bookingId)
    if (booking?.isOffer !== true || booking.entryId === null) return
    booking.isOffer = false
    open.delete(booking.entryId)
    if (event.reason !== 'hold_expired' || !notified.has(event.bookingId)) return
    missed.set(booking.entryId, (missed.get(booking.entryId) ?? 0) + 1)
  }

  for (const [index, event] of events.entries()) {
    if (event.type === 'offered') takeOffer(event)
    const booking = live.get(event.bookingId)
    if (event.version === 1) {
      const { slotId, units, entryId, type } = event
      free.set(slotId, (free.get(slotId) ?? 0) - units)
      live.set(event.bookingId, { slotId, units, entryId, isOffer: type === 'offered' })
    } else if (booking !== undefined && event.type === 'moved') {
      give(booking.slotId, booking.units, event.xid)
      free.set(event.slotId, (free.get(event.slotId) ?? 0) - booking.units)
      booking.slotId = event.slotId
    } else if (booking !== undefined && (event.type === 'cancelled' || event.type === 'failed')) {
      give(booking.slotId, booking.units, event.xid)
    }
    if (['confirmed', 'cancelled', 'failed'].includes(event.type)) close(event)
    // A transaction that has ended: nothing that fits one who was never offered anything may be left.
    if (lastOf.get(event.xid) !== index) continue
    for (const slotId of freed.get(event.xid) ?? []) {
      for (const entry of neverOffered.values()) {
        if (fits(entry, slotId, free.get(slotId) ?? 0)) {
          faults.push(`transaction ${event.xid}: slot ${slotId} is free, and entry ${entry.id} waits for it`)
        }
      }
    }
  }
  return faults
}
