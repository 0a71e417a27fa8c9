import { type Engine, newId, type OpenTime, type SettleAction, type TimeClaimRequest } from '@holdfast/engine'
import type { Random } from '../chaos/chaos-random.ts'
import type { Practice, PracticeDoctor, PracticeType } from './practice.ts'
import type { Moment } from './shifted-clock.ts'

/** How often something happened, by what it was and its outcome. */
export type Counts = Record<string, number>

export type Scene = {
  practice: Practice
  random: Random
  counts: Counts
  moment: Moment
  engine: Engine
  /** Plans the messages about what has happened, as the relay does at once. */
  plan(): Promise<void>
}

type Visit = { id: string; doctorId: string; typeId: string | null; startsAt: Date }

const dayMs = 86_400_000
const patients = 400

/** What happens at the practice in a part of a day. @param share of the day, from 0 to 1 */
export async function workOf(scene: Scene, share: number): Promise<void> {
  const times = async (perDay: number, act: (scene: Scene) => Promise<void>) => {
    for (let n = Math.round(perDay * share); n > 0; n -= 1) await act(scene)
    await scene.plan()
  }
  await times(36, bookOnline)
  await times(6, bookFixed)
  await times(6, walkIn)
  await times(scene.random.below(3), bookSeries)
  await times(6, cancel)
  await times(4, move)
  await times(2, joinWaitlist)
  await answerOffers(scene)
}

/** Everybody who was expected until now has come, but for a few. */
export async function endOfDay(scene: Scene): Promise<void> {
  for (const visit of await confirmed(scene, 'past')) {
    if (chance(scene, 0.05)) await settle(scene, visit.id, 'no_show')
    else {
      await settle(scene, visit.id, 'arrive')
      await settle(scene, visit.id, 'complete')
    }
  }
}

/** Closes a doctor's days from today on, and moves or cancels every appointment in them. */
export async function fallIll(scene: Scene, doctor: PracticeDoctor, today: Temporal.PlainDate, days: number) {
  const { engine, practice } = scene
  const time = {
    localStart: `${today}T00:00`,
    localEnd: `${today.add({ days })}T00:00`,
    yearly: false,
  }
  const subject = { clinicNo: practice.clinic.no, doctorId: doctor.id }
  const closed = await engine.closures.create(
    { ...subject, ...time, note: 'Ill', createdBy: scene.random.uuid() },
    null,
  )
  count(scene, `illness of ${days} days`, closed.kind)
  let cursor: string | null = null
  const affected: Visit[] = []
  do {
    const { bookings } = await engine.closures.effect({ ...subject, time, limit: 50, cursor })
    for (const booking of bookings.items) {
      const [visit] = await visitsOf(scene, 'b.id = $2', [booking.id])
      if (visit !== undefined) affected.push(visit)
    }
    cursor = bookings.nextCursor
  } while (cursor !== null)
  for (const visit of affected) {
    const isMoved = chance(scene, 0.7) && (await moveVisit(scene, visit, scene.random.uuid()))
    if (!isMoved) await settle(scene, visit.id, 'cancel')
  }
}

async function bookOnline(scene: Scene): Promise<void> {
  const { random } = scene
  const type = random.pick(scene.practice.types)
  const from = new Date(scene.moment.at.getTime() + random.below(Math.min(scene.practice.horizonDays, 21)) * dayMs)
  const time = await someTime(scene, { type, from, days: 4 })
  if (time === null) return count(scene, 'booking', 'no time found')
  const outcome = await scene.engine.claimTime(claimOf(scene, time, type, { confirm: false, actorId: null }))
  count(scene, 'booking', outcome.kind)
  // The others leave the page, and their holds lapse.
  if (outcome.kind === 'booked' && chance(scene, 0.9)) await settle(scene, outcome.booking.id, 'confirm')
}

async function walkIn(scene: Scene): Promise<void> {
  const type = scene.random.pick(scene.practice.types)
  const time = await someTime(scene, { type, from: scene.moment.at, days: 0.4, byDesk: true })
  if (time === null) return count(scene, 'walk-in', 'no time found')
  const claim = claimOf(scene, time, type, { confirm: true, actorId: scene.random.uuid() })
  count(scene, 'walk-in', (await scene.engine.claimTime(claim)).kind)
}

/** The soonest free fixed appointment. */
async function bookFixed(scene: Scene): Promise<void> {
  const { moment, practice } = scene
  const { rows } = await moment.ownerPool.query<{ id: string }>(
    `select id from holdfast.slot
      where clinic_no = $1 and session_id is null and withdrawn_at is null and blocked_at is null and taken < capacity
        and starts_at > $2::timestamptz + interval '2 hours'
      order by starts_at limit 1`,
    [practice.clinic.no, moment.at],
  )
  const slotId = rows[0]?.id
  if (slotId === undefined) return count(scene, 'fixed appointment', 'booked out')
  const outcome = await scene.engine.claim({ ...newBooking(scene), slotId, confirm: false, actorId: null })
  count(scene, 'fixed appointment', outcome.kind)
  if (outcome.kind === 'booked' && chance(scene, 0.9)) await settle(scene, outcome.booking.id, 'confirm')
}

/** Four visits, one a week, as far as times are free. */
async function bookSeries(scene: Scene): Promise<void> {
  const { engine, practice } = scene
  const type = scene.random.pick(practice.types)
  const first = await someTime(scene, { type, from: new Date(scene.moment.at.getTime() + 2 * dayMs), days: 5 })
  if (first === null) return count(scene, 'series', 'no time found')
  const local = Temporal.Instant.fromEpochMilliseconds(first.startsAt.getTime()).toZonedDateTimeISO(
    practice.clinic.timezone,
  )
  const starts = [0, 1, 2, 3].map((weeks) => new Date(local.add({ weeks }).epochMilliseconds))
  const query = { clinicNo: practice.clinic.no, doctorId: first.doctorId, visitTypeId: type.id }
  const times = await engine.reads.nearTimes({
    ...query,
    onBehalf: true,
    accountId: null,
    appointmentType: null,
    starts,
  })
  const patient = somebody(scene)
  const claims = times.flatMap(({ free: [nearest] }) =>
    nearest !== undefined && 'sessionId' in nearest
      ? [{ ...claimOf(scene, nearest, type, { confirm: false, actorId: scene.random.uuid() }), patient }]
      : [],
  )
  const answers = practice.answersTo(type.id)
  const held = await engine.series.hold(claims)
  const ids = held.flatMap((one) => (one.kind === 'booked' ? [one.booking.id] : []))
  if (ids.length < 2) return count(scene, 'series', 'too few times')
  const confirmations = ids.map((bookingId) => ({
    ...settling(scene, bookingId, 'confirm', true),
    patient: { ...patient, answers },
  }))
  const outcome = await engine.series.confirm({ clinicNo: practice.clinic.no, every: 1, unit: 'week', confirmations })
  count(scene, 'series', outcome.kind)
}

async function cancel(scene: Scene): Promise<void> {
  const visits = await confirmed(scene, 'to come')
  if (visits.length > 0) await settle(scene, scene.random.pick(visits).id, 'cancel')
}

async function move(scene: Scene): Promise<void> {
  const visits = (await confirmed(scene, 'to come')).filter(({ typeId }) => typeId !== null)
  if (visits.length > 0) await moveVisit(scene, scene.random.pick(visits), null)
}

/** To another time of any doctor. @returns false: there was none */
async function moveVisit(scene: Scene, visit: Visit, actorId: string | null): Promise<boolean> {
  const type = scene.practice.types.find(({ id }) => id === visit.typeId)
  if (type === undefined) return false
  const from = new Date(Math.max(visit.startsAt.getTime(), scene.moment.at.getTime()) + scene.random.below(5) * dayMs)
  const time = await someTime(scene, { type, from, days: 5, movedId: visit.id })
  if (time === null || time.startsAt.getTime() === visit.startsAt.getTime()) return false
  const outcome = await scene.engine.moveToTime({
    bookingId: visit.id,
    sessionId: time.sessionId,
    startsAt: time.startsAt,
    visitTypeId: null,
    actorId,
    onBehalf: actorId !== null,
    key: scene.random.uuid(),
  })
  count(scene, 'move', outcome.kind)
  return outcome.kind === 'done'
}

async function joinWaitlist(scene: Scene): Promise<void> {
  const { practice, random, moment } = scene
  const doctor = practice.doctors.find(({ slotMinutes }) => slotMinutes !== null)
  const today = dayOf(moment.at, practice)
  const outcome = await scene.engine.waitlist.join(
    {
      clinicNo: practice.clinic.no,
      doctorId: doctor?.id ?? null,
      specialization: null,
      visitTypeId: null,
      from: today.toString(),
      to: today.add({ days: 3 + random.below(18) }).toString(),
      weekdays: null,
      timeFrom: null,
      timeTo: null,
      units: 1,
      urgency: 'routine',
      patient: somebody(scene),
      accountId: null,
      joinedBy: random.uuid(),
      accountEmail: null,
      emailAccountId: null,
      origins: [],
      isLimited: false,
    },
    null,
  )
  count(scene, 'waitlist', outcome.kind === 'key_reused' ? outcome.kind : outcome.value.kind)
}

async function answerOffers(scene: Scene): Promise<void> {
  const { rows } = await scene.moment.ownerPool.query<{ id: string }>(
    `select id from holdfast.booking
      where clinic_no = $1 and status = 'PENDING' and waitlist_entry_id is not null and hold_expires_at > now()
      order by created_at, id`,
    [scene.practice.clinic.no],
  )
  for (const { id } of rows) {
    count(scene, 'offers', 'made')
    if (chance(scene, 0.7)) await settle(scene, id, 'confirm')
  }
}

type TimeWanted = { type: PracticeType; from: Date; days: number; byDesk?: boolean; movedId?: string }

async function someTime(scene: Scene, wanted: TimeWanted): Promise<OpenTime | null> {
  const { type, from, days, byDesk = false, movedId } = wanted
  const { items } = await scene.engine.sessions.times({
    clinicNo: scene.practice.clinic.no,
    doctorId: null,
    visitTypeId: type.id,
    from,
    to: new Date(from.getTime() + days * dayMs),
    byDesk,
    accountId: null,
    limit: 40,
    movedId,
  })
  return items.length === 0 ? null : scene.random.pick(items)
}

function newBooking(scene: Scene) {
  const { clinic } = scene.practice
  return {
    bookingId: newId(clinic.no),
    units: 1,
    patient: somebody(scene),
    appointmentType: null,
    reason: null,
    accountId: null,
    key: scene.random.uuid(),
    requestHash: scene.random.uuid(),
  }
}

function claimOf(
  scene: Scene,
  time: { sessionId: string; startsAt: Date },
  type: PracticeType,
  how: Pick<TimeClaimRequest, 'confirm' | 'actorId'>,
): TimeClaimRequest {
  const booking = newBooking(scene)
  const patient = { ...booking.patient, answers: scene.practice.answersTo(type.id) }
  return { ...booking, ...how, patient, sessionId: time.sessionId, startsAt: time.startsAt, visitTypeId: type.id }
}

function somebody({ random }: Scene) {
  const number = random.below(patients)
  return { name: `Patient ${number}`, email: `patient-${number}@example.org` }
}

function settling(scene: Scene, bookingId: string, action: SettleAction, onBehalf: boolean) {
  const actorId = onBehalf ? scene.random.uuid() : null
  return { bookingId, action, actorId, onBehalf, key: scene.random.uuid(), reason: null }
}

async function settle(scene: Scene, bookingId: string, action: SettleAction): Promise<void> {
  const onBehalf = action !== 'confirm'
  count(scene, action, (await scene.engine.settle(settling(scene, bookingId, action, onBehalf))).kind)
}

/** In the order in which they were booked. */
function confirmed(scene: Scene, when: 'past' | 'to come'): Promise<Visit[]> {
  const comparison = when === 'past' ? '<=' : '>'
  return visitsOf(scene, `b.status = 'CONFIRMED' and s.starts_at ${comparison} $2`, [scene.moment.at])
}

async function visitsOf({ moment, practice }: Scene, which: string, more: readonly unknown[]): Promise<Visit[]> {
  const { rows } = await moment.ownerPool.query<Visit>(
    `select b.id, b.resource_id as "doctorId", s.visit_type_id as "typeId", s.starts_at as "startsAt"
       from holdfast.booking b join holdfast.slot s on s.clinic_no = b.clinic_no and s.id = b.slot_id
      where b.clinic_no = $1 and ${which} order by b.created_at, b.id`,
    [practice.clinic.no, ...more],
  )
  return rows
}

export function dayOf(at: Date, { clinic }: Practice): Temporal.PlainDate {
  return Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(clinic.timezone).toPlainDate()
}

function chance({ random }: Scene, probability: number): boolean {
  return random.below(1_000) < probability * 1_000
}

function count({ counts }: Scene, what: string, outcome: string): void {
  const name = `${what}: ${outcome}`
  counts[name] = (counts[name] ?? 0) + 1
}
