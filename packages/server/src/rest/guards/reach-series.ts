import { type BookingAccess, type BookingSeries, clinicNoIn, type SeriesMember } from '@holdfast/engine'
import type { Principal } from '../../edge/authentication/principal.ts'
import { type ProblemError, problem } from '../../edge/errors/problem-error.ts'
import type { RestDeps } from '../rest-deps.ts'
import { actorIn, type ClinicActor, lacksSecondFactor, requireCredential, secondFactorRequired } from './access.ts'
import { accessByTokenWith, accessOfMember, isShownTo } from './reach-booking.ts'

/** A visit, and with what a write compares again, under its lock, whether the caller may change it. */
export type ReachedMember = SeriesMember & { access: BookingAccess | null }

/** How the caller has access to a series, and to which of its visits. */
export type SeriesReach = {
  as: 'patient' | 'desk'
  /** null: the bearer of a manage token. */
  actorId: string | null
  series: BookingSeries
  members: ReachedMember[]
  /** The visit by which its patient reaches the others; null: the clinic's. */
  reachedBy: { bookingId: string; access: BookingAccess } | null
}

/**
 * Access to a series: to those visits of it that the caller has access to. The bearer of the manage token of one has
 * access to all that have the same account and contacts: those of the same patient. For everybody else it does not
 * exist.
 */
export async function reachSeries(deps: RestDeps, principal: Principal, seriesId: string): Promise<SeriesReach> {
  requireCredential(principal)
  const clinicNo = clinicNoIn(seriesId)
  const series = clinicNo === null ? null : await deps.engine.series.find(seriesId)
  if (series === null) throw seriesNotFound(seriesId)
  const reach = principal.kind === 'manage_token' ? byToken(deps, principal, series) : byPerson(principal, series)
  if (reach !== null) return reach
  if (principal.kind === 'account' && lacksSecondFactor(principal, clinicNo)) throw secondFactorRequired()
  throw seriesNotFound(seriesId)
}

function byPerson(principal: Principal, series: BookingSeries): SeriesReach | null {
  const actor = actorIn(principal, series.clinicNo)
  const shown = actor === null ? [] : membersFor(actor, series)
  if (actor !== null && shown.length > 0) {
    return { as: 'desk', actorId: actor.accountId, series, members: shown, reachedBy: null }
  }
  if (principal.kind !== 'account') return null
  const { accountId } = principal
  const access = { accountId }
  const own = series.members.filter(({ booking }) => booking.accountId === accountId)
  const [first] = own
  if (first === undefined) return null
  const reachedBy = { bookingId: first.booking.id, access }
  return { as: 'patient', actorId: accountId, series, members: own.map((one) => ({ ...one, access })), reachedBy }
}

function membersFor(actor: ClinicActor, { members }: BookingSeries): ReachedMember[] {
  const access = accessOfMember(actor)
  return members.filter(({ booking }) => isShownTo(actor, booking)).map((member) => ({ ...member, access }))
}

function byToken(
  { manageTokens }: RestDeps,
  principal: Extract<Principal, { kind: 'manage_token' }>,
  series: BookingSeries,
): SeriesReach | null {
  for (const { booking, manage } of series.members) {
    const access = accessByTokenWith(manageTokens, manage, booking.id, principal.token)
    if (access === null) continue
    const ofPatient = series.members.filter((other) => isOfSamePatient(other, { booking, manage }))
    // As they were read: a corrected contact, or another account, ends this access.
    const members = ofPatient.map((one) => ({
      ...one,
      access: { accountId: one.manage.accountId, tokenEpoch: one.manage.epoch },
    }))
    return { as: 'patient', actorId: null, series, members, reachedBy: { bookingId: booking.id, access } }
  }
  return null
}

type Owned = Pick<SeriesMember, 'booking' | 'manage'>

function isOfSamePatient({ booking: a, manage: ofA }: Owned, { booking: b, manage: ofB }: Owned): boolean {
  return ofA.accountId === ofB.accountId && a.patient.email === b.patient.email && a.patient.phone === b.patient.phone
}

export function seriesNotFound(seriesId: string): ProblemError {
  return problem('booking_series_not_found', `There is no series of visits ${seriesId}.`)
}
