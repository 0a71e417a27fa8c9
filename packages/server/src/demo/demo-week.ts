import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { clinicNoOf, type Engine, newId, type SettleAction } from '@holdfast/engine'
import { demoPatient, demoReason } from './demo-patients.ts'

type DemoEngine = Pick<
  Engine,
  'claim' | 'settle' | 'move' | 'confirmAttendance' | 'directory' | 'createSlots' | 'withdrawSlots'
>

/** Sees patients from now on, whatever the time and the weekday are. */
const urgentCare = {
  name: 'Dr Nia Brennan',
  specialization: 'Urgent care',
  experienceYears: 8,
  rating: null,
  languages: ['en', 'cy'],
  fee: null,
  appointmentTypes: ['in_person' as const],
}
const quarterMs = 900_000
const laterSlots = 8
/** When the session begins: a slot that has begun cannot be booked. */
const sessionInMs = 2_000
const triesMax = 50
/** What happens to each patient of the session. */
const marks: readonly SettleAction[][] = [
  ['no_show'],
  ['arrive', 'complete'],
  ['arrive', 'complete'],
  ['arrive', 'complete'],
  ['arrive'],
  ['arrive'],
]

/** How many of ten slots are booked, for one doctor after the other: full and quiet calendars. */
const bookedOfTen = [8, 5, 9, 4, 7, 6]

/** `slots` that can be booked, in their order. */
export type DemoDoctorSlots = { doctorId: string; slotIds: readonly string[] }

/**
 * Books a week of the demo clinic by the engine's own functions: bookings in every state, some moved and cancelled, and
 * one withdrawn by the clinic; every third patient has confirmed to come. The same slots always give the same bookings.
 */
export async function fillDemoWeek(engine: DemoEngine, clinicId: string, doctors: readonly DemoDoctorSlots[]) {
  const week = new DemoWeek(engine, clinicNoOf(clinicId))
  const chosen = doctors.flatMap(({ slotIds }, doctorNo) =>
    slotIds.filter((_slotId, slotNo) => (slotNo * 7 + doctorNo * 3) % 10 < (bookedOfTen[doctorNo % 6] ?? 5)),
  )
  const booked = await Promise.all(chosen.map((slotId, no) => week.book(slotId, no)))
  const bookingIds = booked.filter((id) => id !== null)
  await Promise.all(
    bookingIds.filter((_id, no) => no % 12 === 5).map((id) => week.change(id, 'cancel', 'I am better.')),
  )
  await week.withdraw(chosen.find((_slotId, no) => booked[no] !== null && no % 12 !== 5))
  const free = doctors.flatMap(({ slotIds }) => slotIds).filter((slotId) => !chosen.includes(slotId))
  await week.moveAndHold(bookingIds, free)
  await week.fillToday(new Date())
  await Promise.all(chosen.map((slotId, no) => (no % 3 === 0 ? week.attend(booked[no] ?? null, slotId) : null)))
}

class DemoWeek {
  readonly #engine: DemoEngine
  readonly #clinicNo: number
  #patientNo = 0

  constructor(engine: DemoEngine, clinicNo: number) {
    this.#engine = engine
    this.#clinicNo = clinicNo
  }

  /** @returns the id of the booking; null if the slot has begun meanwhile */
  async book(slotId: string, no: number, confirm = true): Promise<string | null> {
    this.#patientNo += 1
    const bookingId = newId(this.#clinicNo)
    const outcome = await this.#engine.claim({
      bookingId,
      slotId,
      units: 1,
      patient: demoPatient(this.#patientNo),
      appointmentType: null,
      reason: demoReason(no),
      confirm,
      accountId: null,
      actorId: null,
      key: randomUUID(),
      requestHash: randomUUID(),
    })
    return outcome.kind === 'booked' ? bookingId : null
  }

  /** @returns the outcome's kind */
  async change(bookingId: string, action: SettleAction, reason: string | null = null): Promise<string> {
    const request = { bookingId, action, actorId: null, onBehalf: true, key: null, reason }
    return (await this.#engine.settle(request)).kind
  }

  /** The patient comes, unless the booking is in another slot by now, or cancelled. */
  async attend(bookingId: string | null, slotId: string): Promise<void> {
    if (bookingId !== null) await this.#engine.confirmAttendance({ bookingId, slotId, actorId: null, key: null })
  }

  async withdraw(slotId: string | undefined): Promise<void> {
    if (slotId === undefined) return
    const how = { withBookings: true, dryRun: false, actorId: null }
    await this.#engine.withdrawSlots({ clinicNo: this.#clinicNo, which: { slotId }, ...how })
  }

  /** Some bookings are moved to free slots; some free slots are held, and one of the holds is released. */
  async moveAndHold(bookingIds: readonly string[], free: readonly string[]): Promise<void> {
    const [first, second, third, ...targets] = free
    const moved = bookingIds.filter((_id, no) => no % 25 === 8)
    for (const [no, bookingId] of moved.entries()) {
      const slotId = targets[no * 2]
      if (slotId !== undefined) await this.#engine.move({ bookingId, slotId, actorId: null, onBehalf: true })
    }
    const held = await Promise.all(
      [first, second, third].map((slotId, no) => (slotId === undefined ? null : this.book(slotId, no, false))),
    )
    const released = held[0]
    if (released != null) await this.change(released, 'cancel')
  }

  /** A walk-in session that begins now, with patients who have arrived, are done or did not come, and later ones. */
  async fillToday(now: Date): Promise<void> {
    const created = await this.#engine.directory.createDoctor(this.#clinicNo, urgentCare, null)
    if (created.kind === 'key_reused') throw new Error('A write without a key cannot reuse one.')
    const doctorId = created.value.id
    const sessionAt = now.getTime() + sessionInMs
    const firstAt = (Math.ceil(sessionAt / quarterMs) + 1) * quarterMs
    const slot = (at: number, endsAt: number, capacity: number) => ({
      startsAt: new Date(at),
      endsAt: new Date(endsAt),
      capacity,
    })
    const times = Array.from({ length: laterSlots }, (_none, no) => firstAt + no * quarterMs)
    const drafts = [slot(sessionAt, firstAt, marks.length), ...times.map((at) => slot(at, at + quarterMs, 1))]
    const { items } = await this.#engine.createSlots({ doctorId, drafts, dryRun: false })
    const [session, ...others] = items.flatMap(({ slotId }) => (slotId === null ? [] : [slotId]))
    if (session === undefined) return
    const patients = await Promise.all(marks.map((_actions, no) => this.book(session, no)))
    const later = await Promise.all(others.map((slotId, no) => this.book(slotId, no)))
    await Promise.all(others.map((slotId, no) => (no % 3 === 2 ? null : this.attend(later[no] ?? null, slotId))))
    for (const [no, actions] of marks.entries()) {
      for (const action of actions) await this.#mark(patients[no] ?? null, action)
    }
  }

  /** By the database's clock, the session may begin a moment later. */
  async #mark(bookingId: string | null, action: SettleAction): Promise<void> {
    for (let tries = 0; bookingId !== null && tries < triesMax; tries += 1) {
      if ((await this.change(bookingId, action)) !== 'too_early') return
      await delay(100)
    }
  }
}
