import { setTimeout as delay } from 'node:timers/promises'
import { type Engine, newId } from '@holdfast/engine'
import { aClaim, aClinic, aDoctor, type BuiltClinic, type BuiltDoctor } from '@holdfast/testkit'
import type pg from 'pg'

/** A confirmed booking of a slot: when its request began, and when its caller got the response (milliseconds). */
export type JournalEntry = { id: string; slotId: string; beganMs: number; acknowledgedMs: number }

const capacity = 200
const slotsPerDoctor = 50
export type Room = { clinic: BuiltClinic; doctors: BuiltDoctor[]; slotIds: string[] }

/** A clinic with room for this many bookings. */
export async function createRoom(pool: pg.Pool, bookings: number): Promise<Room> {
  const database = { ownerPool: pool }
  const clinic = await aClinic(database)
  const slotIds: string[] = []
  const doctors: BuiltDoctor[] = []
  for (let left = Math.ceil(bookings / capacity) + 1; left > 0; left -= slotsPerDoctor) {
    const doctor = await aDoctor(database, clinic)
    doctors.push(doctor)
    const ids = Array.from({ length: Math.min(left, slotsPerDoctor) }, () => newId(clinic.no))
    await pool.query(
      `insert into holdfast.slot (clinic_no, id, resource_id, starts_at, ends_at, capacity, digest)
       select $1::int, s.id, $2, t.starts_at, t.ends_at, $4,
              holdfast.slot_digest(s.id, $2, t.starts_at, t.ends_at, $4, null, null)
         from unnest($3::uuid[]) with ordinality s(id, n),
              (select date_trunc('day', now()) + interval '2 days 4 hours' as at) d,
              lateral (select d.at + s.n * interval '10 minutes' as starts_at,
                              d.at + (s.n + 1) * interval '10 minutes' as ends_at) t`,
      [clinic.no, doctor.id, ids, capacity],
    )
    slotIds.push(...ids)
  }
  return { clinic, doctors, slotIds }
}

/** Books a place of a slot. @returns the booking, or why there is none */
export type BookPlace = (slotId: string) => Promise<{ id: string } | { refused: string }>

/** Books by the engine in this process. */
export function bookByEngine(engine: Engine, clinicNo: number): BookPlace {
  return async (id) => {
    const outcome = await engine.claim(aClaim({ id, clinicNo }, { confirm: true }))
    // A claim whose connection was lost is sent again, and may find its booking.
    const isBooked = outcome.kind === 'booked' || outcome.kind === 'replayed'
    return isBooked ? { id: outcome.booking.id } : { refused: outcome.kind }
  }
}

/** Books confirmed places as fast as they are booked for so many clients, and notes what was acknowledged. */
export class BookingLoad {
  readonly journal: JournalEntry[] = []
  /** Claims that were not booked, by the kind of their outcome. */
  readonly refused: Record<string, number> = {}
  readonly #bookPlace: BookPlace
  readonly #slotIds: readonly string[]
  readonly #clients: number
  #next = 0
  #stopped = false

  constructor(bookPlace: BookPlace, slotIds: readonly string[], clients = 256) {
    this.#bookPlace = bookPlace
    this.#slotIds = slotIds
    this.#clients = clients
  }

  /** @returns bookings per second */
  async book(count: number): Promise<number> {
    const [beganAt, before] = [performance.now(), this.journal.length]
    const end = this.#next + count
    const clients = Array.from({ length: this.#clients }, async () => {
      while (this.#next < end && !this.#stopped) await this.#bookOne()
    })
    await Promise.all(clients)
    return (this.journal.length - before) / ((performance.now() - beganAt) / 1000)
  }

  /** The same for so long, as long as a condition holds, which is checked ten times a second. */
  async bookWhile(holds: () => Promise<boolean>, milliseconds: number): Promise<number> {
    const [beganAt, before] = [performance.now(), this.journal.length]
    let isOver = false
    const clients = Array.from({ length: this.#clients }, async () => {
      while (!isOver && !this.#stopped) await this.#bookOne()
    })
    while (performance.now() - beganAt < milliseconds && (await holds())) await delay(100)
    isOver = true
    // Also what was under way: a condition may hold for less than a booking takes.
    await Promise.all(clients)
    return (this.journal.length - before) / ((performance.now() - beganAt) / 1000)
  }

  /** Books a few at a time until `stop`. */
  async trickle(): Promise<void> {
    while (!this.#stopped) {
      await this.#bookOne().catch((error: unknown) => {
        // The database is destroyed under it.
        if (!this.#stopped) throw error
      })
      await delay(5)
    }
  }

  stop(): void {
    this.#stopped = true
  }

  async #bookOne(): Promise<void> {
    const index = this.#next
    this.#next += 1
    const slotId = this.#slotIds[index % this.#slotIds.length] ?? ''
    const beganMs = Date.now()
    const outcome = await this.#bookPlace(slotId)
    if ('id' in outcome) this.journal.push({ id: outcome.id, slotId, beganMs, acknowledgedMs: Date.now() })
    else this.refused[outcome.refused] = (this.refused[outcome.refused] ?? 0) + 1
  }
}
