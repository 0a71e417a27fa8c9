import type { restOperations, SeriesChangeBody } from '@holdfast/contract'
import type { SettleRequest } from '@holdfast/engine'
import { afterCommit } from '../../edge/errors/after-commit.ts'
import { type ReachedMember, type SeriesReach, seriesNotFound } from '../guards/reach-series.ts'
import { timeRefusalBody, type Unbooked } from '../responses/bodies/time-refusal-body.ts'
import { timeOrNull, timeText } from '../responses/bodies/time-text.ts'
import { bookingBodies } from '../responses/booking-bodies.ts'
import type { RestDeps } from '../rest-deps.ts'
import { freshKey, keyDigest, type SentKey } from '../sent-key.ts'
import type { Input } from '../serve.ts'
import { moveInOrder, presumedRefusals, type WantedMove, withNearTimes } from './move-in-order.ts'
import { instantOf, localTimeOf } from './series-dates.ts'

type CancelInput = Input<typeof restOperations.cancelBookingSeries>
type MoveInput = Input<typeof restOperations.moveBookingSeries>

/** The series with the visits that the caller reaches, as they are now. */
export async function seriesBody(deps: RestDeps, { series }: SeriesReach, members: readonly ReachedMember[]) {
  const ids = new Set(members.map(({ booking }) => booking.id))
  const now = await deps.engine.series.find(series.id)
  const bookings = (now?.members ?? series.members).map(({ booking }) => booking).filter(({ id }) => ids.has(id))
  const { id, every, unit, total, createdAt } = series
  const clinicId = series.members[0]?.booking.clinicId ?? ''
  return {
    id,
    clinicId,
    every,
    unit,
    total,
    createdAt: timeText(createdAt),
    items: await bookingBodies(deps, bookings),
  }
}

/** The visits from a number on in one of these states. A repetition also includes the cancelled ones. */
function concerned({ members }: SeriesReach, fromNumber: number, statuses: readonly string[]): ReachedMember[] {
  return members.filter(({ number, booking }) => number >= fromNumber && statuses.includes(booking.status))
}

export async function cancelSeries(deps: RestDeps, { body, granted: reach, key }: CancelInput) {
  const members = concerned(reach, body.fromNumber ?? 1, ['PENDING', 'CONFIRMED', 'CANCELLED'])
  const cancellations = members.map(
    ({ booking, access }): SettleRequest => ({
      bookingId: booking.id,
      action: 'cancel',
      actorId: reach.actorId,
      onBehalf: reach.as === 'desk',
      key: keyOf(key, `cancelBookingSeries ${booking.id}`),
      reason: body.reason ?? null,
      access,
    }),
  )
  const { reachedBy } = reach
  const outcome =
    cancellations.length === 0
      ? ({ kind: 'done', outcomes: new Map<string, never>(), position: null } as const)
      : await deps.engine.series.cancel({ cancellations, reachedBy })
  if (outcome.kind === 'access_ended') throw seriesNotFound(reach.series.id)
  const changes = members.map(({ number, booking }): SeriesChangeBody => {
    const one = outcome.outcomes.get(booking.id) ?? null
    const isDone = one?.kind === 'done' || one?.kind === 'unchanged'
    const refusal = timeRefusalBody(booking.startsAt, null, isDone ? null : one)
    return { number, bookingId: booking.id, outcome: isDone ? 'cancelled' : 'unchanged', startsAt: null, ...refusal }
  })
  const shown = await afterCommit(() => seriesBody(deps, reach, reach.members))
  return changedResponse({ ...shown, changes }, outcome.position)
}

function changedResponse<Body>(body: Body, position: string | null) {
  return { status: 200 as const, body, ...(position === null ? {} : { position }) }
}

const keyOf = (key: SentKey | null, purpose: string) => (key === null ? freshKey() : keyDigest(key, purpose))

/** A visit of the series with the time that is wanted for it. */
type Wanted = WantedMove & { number: number }

export async function moveSeries(deps: RestDeps, { body, query, granted: reach, key, request }: MoveInput) {
  const members = concerned(reach, body.fromNumber ?? 1, ['CONFIRMED'])
  const { clinicNo } = reach.series
  const onBehalf = reach.as === 'desk'
  const wanted = await wantedTimes(deps, reach, members, body, query)
  if (query.dryRun) {
    const refusals = await presumedRefusals(deps, { clinicNo, onBehalf }, wanted)
    const changes = wanted.map((one) => changeBody(one, 'free', refusals.get(one.booking.id) ?? null))
    return changedResponse({ ...(await seriesBody(deps, reach, reach.members)), changes }, null)
  }
  // Before the first move: a refusal says that nothing was done.
  if (reach.as === 'patient') {
    const { rateLimits } = request.server
    await Promise.all(wanted.map(({ booking, startsAt }) => startsAt && rateLimits.countMove(booking.id)))
  }
  const mover = {
    clinicNo,
    actorId: reach.actorId,
    onBehalf,
    keyOf: (bookingId: string) => keyOf(key, `moveBookingSeries ${bookingId}`),
  }
  const { wanted: asMoved, refusals, position } = await moveInOrder(deps, mover, wanted)
  const changes = asMoved.map((one) => changeBody(one, 'moved', refusals.get(one.booking.id) ?? null))
  const shown = await afterCommit(() => seriesBody(deps, reach, reach.members))
  return changedResponse({ ...shown, changes }, position)
}

async function wantedTimes(
  deps: RestDeps,
  { as, series }: SeriesReach,
  members: readonly ReachedMember[],
  { days, time }: MoveInput['body'],
  { dryRun }: MoveInput['query'],
): Promise<Wanted[]> {
  const [first] = members
  if (first === undefined) return []
  const clinic = await deps.engine.directory.clinic(first.booking.clinicId)
  const timeZone = clinic?.timezone ?? 'UTC'
  const wanted = members.map(({ booking, access }) => {
    const local = localTimeOf(booking.startsAt, timeZone).add({ days })
    const startsAt = instantOf(time === undefined ? local : local.withPlainTime(time), timeZone)
    return { booking, access, doctorId: booking.doctorId, startsAt }
  })
  const mover = { clinicNo: series.clinicNo, onBehalf: as === 'desk' }
  const found = await withNearTimes(deps, mover, wanted, { alternatives: dryRun })
  return found.map((one, index) => ({ ...one, number: members[index]?.number ?? 0 }))
}

function changeBody(
  { number, booking, startsAt, near }: Wanted,
  done: 'free' | 'moved',
  refusal: Unbooked | null,
): SeriesChangeBody {
  const body = timeRefusalBody(startsAt, near, refusal)
  const outcome = body.code === null ? done : 'unchanged'
  return { number, bookingId: booking.id, outcome, startsAt: timeOrNull(startsAt), ...body }
}
