import type { NewSeriesBody, restOperations, SeriesDateBody } from '@holdfast/contract'
import {
  type ClaimedBooking,
  clinicNoOf,
  isNotDone,
  type NearTimes,
  newId,
  type SeriesClaim,
  type SettleRequest,
  type TimeClaimOutcome,
} from '@holdfast/engine'
import { networkPrefix } from '../../audit/network-prefix.ts'
import { invalidRequest } from '../../edge/bodies/validator.ts'
import { afterCommit } from '../../edge/errors/after-commit.ts'
import { type ProblemError, problem } from '../../edge/errors/problem-error.ts'
import { seriesDateBody } from '../responses/bodies/series-body.ts'
import type { Unbooked } from '../responses/bodies/time-refusal-body.ts'
import { bookingBodies } from '../responses/booking-bodies.ts'
import { requestHash } from '../responses/idempotency.ts'
import { refusalProblem } from '../responses/outcome-problems.ts'
import { recordPatientBooked } from '../responses/patient-booked-problem.ts'
import type { RestDeps } from '../rest-deps.ts'
import { freshKey, keyDigest, type SentKey } from '../sent-key.ts'
import type { Input } from '../serve.ts'
import { answering } from './answering.ts'
import { type SeriesDate, seriesDates } from './series-dates.ts'

type CreateInput = Input<typeof restOperations.createBookingSeries>

/** A date with the free times near it, and the outcome of its claim. */
type CheckedDate = SeriesDate & { near: NearTimes | null; outcome: TimeClaimOutcome | null }

/** How often confirmation is tried. Each further try leaves out the visits that could not be confirmed. */
const confirmationsMax = 3

/** Holds all visits of a series together, and then confirms them together. */
export async function createSeries(deps: RestDeps, input: CreateInput) {
  const { body, query, granted } = input
  const { timezone } = granted.clinic
  requirePatient(input)
  const checked = await checkDates(deps, input, seriesDates(body, timezone, deps.now()))
  if (query.dryRun) {
    return { status: 200 as const, body: { id: null, dates: checked.map((one) => dateBody(one, null)), items: [] } }
  }
  const key = input.key ?? { key: freshKey(), scope: granted.actor.accountId }
  const claimed = await claimDates(deps, input, key, checked)
  const confirm = () => confirmDates(deps, input, key, claimed)
  const isAnyHeld = claimed.some((one) => bookingOf(one) !== null)
  return await (isAnyHeld ? afterCommit(confirm) : confirm())
}

async function confirmDates(deps: RestDeps, input: CreateInput, key: SentKey, claimed: readonly CheckedDate[]) {
  const { body } = input
  const refused = claimed.filter((one) => !one.isLeftOut && bookingOf(one) === null)
  const held = claimed.flatMap((one) => bookingOf(one) ?? [])
  if (held.length === 0 || (refused.length > 0 && !isFitting(body))) {
    throw await notFree(deps, input, key, claimed, held)
  }
  const { confirmed, unconfirmed } = await confirmHeld(deps, input, key, held)
  if (confirmed === null) throw await notFree(deps, input, key, claimed, held, unconfirmed)
  return createdResponse(deps, input, claimed, { ...confirmed, unconfirmed })
}

const isFitting = ({ mode }: NewSeriesBody) => mode === 'fitting'

function bookingOf({ outcome }: CheckedDate): ClaimedBooking | null {
  return outcome === null ? null : claimedOf(outcome)
}

function claimedOf(outcome: TimeClaimOutcome): ClaimedBooking | null {
  return outcome.kind === 'booked' || outcome.kind === 'replayed' ? outcome.booking : null
}

const settlingOf = ({ granted }: CreateInput) => ({ onBehalf: true, actorId: granted.actor.accountId, reason: null })

/** @throws ProblemError invalid_request, forbidden */
function requirePatient({ body, query, granted }: CreateInput): void {
  if (query.dryRun) return
  if (body.patient === undefined && body.patientId === undefined) {
    throw invalidRequest([{ path: '/patient', message: 'is required, unless dryRun is true' }])
  }
  if (body.patientId !== undefined && granted.actor.role === 'doctor') {
    throw problem('forbidden', 'Your role in this clinic is doctor; only staff and admins book for a record.')
  }
}

async function checkDates(deps: RestDeps, { body, granted }: CreateInput, dates: SeriesDate[]): Promise<CheckedDate[]> {
  const { clinic, doctor } = granted
  const { visitTypeId = null, appointmentType = null } = body
  const clinicNo = clinicNoOf(clinic.id)
  if (visitTypeId !== null && (await deps.engine.directory.visitType(clinicNo, visitTypeId)) === null) {
    throw refusalProblem({ kind: 'visit_type_missing' })
  }
  const wanted = dates.flatMap(({ startsAt, isLeftOut }) => (startsAt === null || isLeftOut ? [] : [startsAt]))
  const of = { clinicNo, doctorId: doctor.id, visitTypeId, appointmentType, onBehalf: true, accountId: null }
  const near = wanted.length === 0 ? [] : await deps.engine.reads.nearTimes({ ...of, starts: wanted })
  const byStart = new Map(near.map((one) => [one.startsAt.getTime(), one]))
  return dates.map((date) => ({ ...date, near: byStart.get(date.startsAt?.getTime() ?? 0) ?? null, outcome: null }))
}

/**
 * The claims of all dates as one batch. The claim of a date that is not free names a slot that does not exist, so that
 * it only finds the hold of an earlier try, by its key. With `mode: all`, one such date makes all claims do so.
 */
async function claimDates(
  deps: RestDeps,
  input: CreateInput,
  key: SentKey,
  checked: readonly CheckedDate[],
): Promise<CheckedDate[]> {
  const dates = checked.filter(({ startsAt, isLeftOut }) => startsAt !== null && !isLeftOut)
  const areAllRefused = !isFitting(input.body) && checked.some(isNotFree)
  const claims = dates.map((date) => claimOf(input, key, date, areAllRefused))
  const outcomes = claims.length === 0 ? [] : await deps.engine.series.hold(claims)
  const refusal = outcomes.map(wholeRefusalOf).find((one) => one !== null) ?? null
  if (refusal !== null) {
    // A key of a shorter series is reused by those dates alone that the shorter one has.
    const held = outcomes.flatMap((outcome) => claimedOf(outcome) ?? [])
    const isRepeatable = outcomes.some(isNotDone)
    if (!isRepeatable && held.length > 0) {
      await afterCommit(() => release(deps, settlingOf(input), key, held))
    }
    throw refusal
  }
  const byNumber = new Map(
    dates.map((date, index) => [date.number, outcomeOf(outcomes[index], areAllRefused || isNotFree(date))]),
  )
  return checked.map((one) => ({ ...one, outcome: byNumber.get(one.number) ?? null }))
}

/** Why nothing of a series is booked, whatever its other dates are; null: this concerns one date alone. */
function wholeRefusalOf(outcome: TimeClaimOutcome): ProblemError | null {
  // All have the same answers.
  const isOfAll =
    outcome.kind === 'key_reused' || outcome.kind === 'record_missing' || outcome.kind === 'answer_refused'
  return isOfAll || isNotDone(outcome) ? refusalProblem(outcome) : null
}

/** The outcome of a claim; null: it named a slot that does not exist, and found no hold of an earlier try. */
function outcomeOf(outcome: TimeClaimOutcome | undefined, namesNoSlot: boolean): TimeClaimOutcome | null {
  return outcome === undefined || (namesNoSlot && outcome.kind !== 'replayed') ? null : outcome
}

function isNotFree({ startsAt, isLeftOut, near }: CheckedDate): boolean {
  return !isLeftOut && (startsAt === null || near === null || near.refusal !== null)
}

/** The patient of a record: the claim takes the name from it. */
const ofRecord = { name: '' }

function claimOf({ body, granted }: CreateInput, key: SentKey, date: CheckedDate, areAllRefused: boolean): SeriesClaim {
  const { actor, clinic } = granted
  const clinicNo = clinicNoOf(clinic.id)
  const { number, startsAt, near } = date
  const free = areAllRefused || isNotFree(date) ? undefined : near?.free[0]
  const claim = {
    bookingId: newId(clinicNo),
    units: 1,
    // Answers are judged when the visits are held: the confirmation sends none.
    patient: answering(body.patient ?? ofRecord, body.answers ?? (body.visitTypeId === undefined ? undefined : [])),
    patientId: body.patientId,
    appointmentType: body.appointmentType ?? null,
    reason: body.reason ?? null,
    confirm: false,
    accountId: null,
    formerBookingId: body.formerBookingId,
    formerDoctorId: actor.role === 'doctor' ? actor.doctorId : null,
    actorId: actor.accountId,
    key: keyDigest(key, `createBookingSeries ${number}`),
    requestHash: requestHash({ ...body, number }),
  }
  if (body.visitTypeId === undefined) {
    return { ...claim, slotId: free !== undefined && 'slotId' in free ? free.slotId : newId(clinicNo) }
  }
  const sessionId = free !== undefined && 'sessionId' in free ? free.sessionId : newId(clinicNo)
  return { ...claim, sessionId, startsAt: startsAt ?? new Date(0), visitTypeId: body.visitTypeId }
}

type Confirmed = { seriesId: string; position: string; isRepeated: boolean }
/** Why visits could not be confirmed, by their bookings. */
type Unconfirmed = ReadonlyMap<string, Unbooked>

async function confirmHeld(
  deps: RestDeps,
  input: CreateInput,
  key: SentKey,
  held: readonly ClaimedBooking[],
): Promise<{ confirmed: Confirmed | null; unconfirmed: Unconfirmed }> {
  const { body, granted } = input
  const { every, unit, refuseOverlap = false } = body
  const settling = settlingOf(input)
  const unconfirmed = new Map<string, Unbooked>()
  let rest = held.toSorted((a, b) => a.startsAt.getTime() - b.startsAt.getTime())
  for (let tries = 1; tries <= confirmationsMax && rest.length > 0; tries += 1) {
    const confirmations = rest.map(
      ({ id }): SettleRequest => ({
        ...settling,
        bookingId: id,
        action: 'confirm',
        key: keyDigest(key, `confirm ${id}`),
        knownBy: refuseOverlap ? 'clinic' : null,
      }),
    )
    const of = { clinicNo: clinicNoOf(granted.clinic.id), every, unit, confirmations }
    const outcome = await deps.engine.series.confirm(of)
    if (outcome.kind === 'done') {
      await release(
        deps,
        settling,
        key,
        held.filter(({ id }) => unconfirmed.has(id)),
      )
      return { confirmed: outcome, unconfirmed }
    }
    for (const [id, one] of outcome.outcomes) {
      if (one.kind !== 'done' && one.kind !== 'unchanged') unconfirmed.set(id, one)
    }
    if (!isFitting(body)) break
    rest = rest.filter(({ id }) => !unconfirmed.has(id))
  }
  return { confirmed: null, unconfirmed }
}

/** Gives holds back. What fails lapses by itself. */
async function release(
  { engine }: RestDeps,
  settling: { onBehalf: boolean; actorId: string; reason: null },
  key: SentKey,
  held: readonly ClaimedBooking[],
): Promise<void> {
  await Promise.all(
    held.map(({ id }) =>
      engine.settle({ ...settling, bookingId: id, action: 'decline', key: keyDigest(key, `release ${id}`) }),
    ),
  )
}

/** Nothing is booked: the holds are given back, and the dates are named. */
async function notFree(
  deps: RestDeps,
  input: CreateInput,
  key: SentKey,
  claimed: readonly CheckedDate[],
  held: readonly ClaimedBooking[],
  unconfirmed: Unconfirmed = new Map(),
) {
  await release(deps, settlingOf(input), key, held)
  await recordOverlaps(deps, input, unconfirmed)
  const dates = claimed.map((one) => {
    const booking = bookingOf(one)
    const refusal = booking === null ? null : (unconfirmed.get(booking.id) ?? null)
    return dateBody(one, refusal)
  })
  return problem('series_not_free', 'Nothing was booked, because not all of these dates are free.', { dates })
}

/** The response discloses another appointment of the patient, so the security log records it. */
function recordOverlaps({ audit }: RestDeps, { granted, request }: CreateInput, unconfirmed: Unconfirmed) {
  const overlaps = [...unconfirmed.values()].filter((one) => one.kind === 'patient_booked')
  return recordPatientBooked(audit, overlaps, { deskId: granted.actor.accountId, ip: request.ip })
}

async function createdResponse(
  deps: RestDeps,
  input: CreateInput,
  claimed: readonly CheckedDate[],
  { seriesId, position, isRepeated, unconfirmed }: Confirmed & { unconfirmed: Unconfirmed },
) {
  const { body, granted, request } = input
  const { patientId } = body
  if (patientId !== undefined && !isRepeated) {
    const by = { actorId: granted.actor.accountId, network: networkPrefix(request.ip) }
    deps.audit.record({ kind: 'patient_linked', clinicNo: clinicNoOf(patientId), subjectId: patientId, ...by })
  }
  await recordOverlaps(deps, input, unconfirmed)
  const series = await deps.engine.series.find(seriesId)
  const items = await bookingBodies(deps, series?.members.map(({ booking }) => booking) ?? [])
  const dates = claimed.map((one): SeriesDateBody => {
    const booking = bookingOf(one)
    const refusal = booking === null ? null : (unconfirmed.get(booking.id) ?? null)
    const isBooked = booking !== null && refusal === null
    return isBooked
      ? { ...dateBody(one, null), outcome: 'booked', code: null, closedBecause: null, alternatives: [] }
      : dateBody(one, refusal)
  })
  return { status: isRepeated ? (200 as const) : (201 as const), body: { id: seriesId, dates, items }, position }
}

/** @param refusal why its hold was not confirmed; null: it was not tried */
function dateBody({ near, outcome, ...date }: CheckedDate, refusal: Unbooked | null): SeriesDateBody {
  const ofClaim = outcome === null || outcome.kind === 'booked' || outcome.kind === 'replayed' ? null : outcome
  // What was looked at says more than the claim of a time that was not free then.
  return seriesDateBody(date, near, refusal ?? near?.refusal ?? ofClaim)
}
