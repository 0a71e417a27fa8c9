import { randomUUID } from 'node:crypto'
import { type Engine, newId, type SettleAction } from '@holdfast/engine'
import type { BegunSlot } from './demo-clinic.ts'
import { demoPatient, demoReason } from './demo-patients.ts'
import { type Time, walkInTimes } from './walk-in-times.ts'

type DemoEngine = Pick<
  Engine,
  'claim' | 'settle' | 'move' | 'confirmAttendance' | 'directory' | 'createSlots' | 'withdrawSlots'
>

type DemoDeps = {
  engine: DemoEngine
  /** Sets slots back to times that have begun. */
  setBack(slots: readonly BegunSlot[]): Promise<void>
}

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
/** How long the session is while it is booked: one that has begun can be neither created nor booked. */
const unbegunMs = 300_000
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

/** Slots that can be booked, and slots to be set back, in their order. */
export type DemoDoctorSlots = { doctorId: string; slotIds: readonly string[]; begun: readonly BegunSlot[] }

/**
 * Books a week of the demo clinic by the engine's own functions: bookings in every state, some moved and cancelled, and
 * one withdrawn by the clinic; every third patient has confirmed to come. The same slots always give the same bookings.
 */
export async function fillDemoWeek(
  deps: DemoDeps,
  { clinicNo, doctors, now }: { clinicNo: number; doctors: readonly DemoDoctorSlots[]; now: Date },
) {
  const week = new DemoWeek(deps, clinicNo)
  const isChosen = (slotNo: number, doctorNo: number) =>
    (slotNo * 7 + doctorNo * 3) % 10 < (bookedOfTen[doctorNo % 6] ?? 5)
  const chosen = doctors.flatMap(({ slotIds }, doctorNo) =>
    slotIds.filter((_slotId, slotNo) => isChosen(slotNo, doctorNo)),
  )
  const booked = await Promise.all(chosen.map((slotId, no) => week.book(slotId, no)))
  const bookingIds = booked.filter((id) => id !== null)
  await Promise.all(
    bookingIds.filter((_id, no) => no % 12 === 5).map((id) => week.change(id, 'cancel', 'I am better.')),
  )
  await week.withdraw(chosen.find((_slotId, no) => booked[no] !== null && no % 12 !== 5))
  const free = doctors.flatMap(({ slotIds }) => slotIds).filter((slotId) => !chosen.includes(slotId))
  await week.moveAndHold(bookingIds, free)
  const earlier = doctors.flatMap(({ begun }, doctorNo) => begun.filter((_slot, no) => isChosen(no, doctorNo)))
  await week.fillEarlier(
    earlier,
    doctors.flatMap(({ begun }) => begun),
    now,
  )
  await week.fillToday(now)
  // One by one: each reads the booking again, for which the database has two seconds.
  for (const [no, slotId] of chosen.entries()) if (no % 3 === 0) await week.attend(booked[no] ?? null, slotId)
}

class DemoWeek {
  readonly #engine: DemoEngine
  readonly #setBack: DemoDeps['setBack']
  readonly #clinicNo: number
  #patientNo = 0

  constructor({ engine, setBack }: DemoDeps, clinicNo: number) {
    this.#engine = engine
    this.#setBack = setBack
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

  async change(bookingId: string, action: SettleAction, reason: string | null = null): Promise<void> {
    const request = { bookingId, action, actorId: null, onBehalf: true, key: null, reason }
    await this.#engine.settle(request)
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

  /** A walk-in session that has begun, with patients who have arrived, are done or did not come, and later ones. */
  async fillToday(now: Date): Promise<void> {
    const created = await this.#engine.directory.createDoctor(this.#clinicNo, urgentCare, null)
    if (created.kind === 'key_reused') throw new Error('A write without a key cannot reuse one.')
    const doctorId = created.value.id
    const { session, later } = walkInTimes(now)
    const bookable = { ...session, startsAt: new Date(session.endsAt.getTime() - unbegunMs) }
    const draft = (time: Time, capacity: number) => ({ startsAt: time.startsAt, endsAt: time.endsAt, capacity })
    const drafts = [draft(bookable, marks.length), ...later.map((time) => draft(time, 1))]
    const { items } = await this.#engine.createSlots({ doctorId, drafts, dryRun: false })
    const [sessionId, ...others] = items.flatMap(({ slotId }) => (slotId === null ? [] : [slotId]))
    if (sessionId === undefined) return
    const patients = await Promise.all(marks.map((_actions, no) => this.book(sessionId, no)))
    const booked = await Promise.all(others.map((slotId, no) => this.book(slotId, no)))
    await Promise.all(others.map((slotId, no) => (no % 3 === 2 ? null : this.attend(booked[no] ?? null, slotId))))
    await this.#setBack([{ slotId: sessionId, ...session }])
    await this.#mark(patients, marks)
  }

  /** The visits of today until now. */
  async fillEarlier(booked: readonly BegunSlot[], all: readonly BegunSlot[], now: Date): Promise<void> {
    const patients = await Promise.all(booked.map(({ slotId }, no) => this.book(slotId, no)))
    await this.#setBack(all)
    const marksOf = ({ endsAt }: BegunSlot, no: number): SettleAction[] =>
      endsAt > now ? ['arrive'] : no % 10 === 6 ? ['no_show'] : ['arrive', 'complete']
    await this.#mark(patients, booked.map(marksOf))
  }

  async #mark(bookingIds: readonly (string | null)[], of: readonly SettleAction[][]): Promise<void> {
    const mark = async (bookingId: string | null, actions: readonly SettleAction[]) => {
      for (const action of actions) if (bookingId !== null) await this.change(bookingId, action)
    }
    await Promise.all(bookingIds.map((bookingId, no) => mark(bookingId, of[no] ?? [])))
  }
}
