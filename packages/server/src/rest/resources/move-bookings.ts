import { type BookingMoveBody, restOperations } from '@holdfast/contract'
import { clinicNoIn } from '@holdfast/engine'
import { invalidRequest } from '../../edge/bodies/validator.ts'
import { bookingNotFound } from '../guards/reach-booking.ts'
import { doctorNotFound } from '../guards/require-calendar.ts'
import { timeRefusalBody, type Unbooked } from '../responses/bodies/time-refusal-body.ts'
import { timeText } from '../responses/bodies/time-text.ts'
import type { RestDeps } from '../rest-deps.ts'
import { freshKey, keyDigest } from '../sent-key.ts'
import type { Input, Serve } from '../serve.ts'
import { moveInOrder, presumedRefusals, type WantedMove, withNearTimes } from './move-in-order.ts'

type MoveInput = Input<typeof restOperations.moveBookings>

export function serveBookingMoves(serve: Serve, deps: RestDeps): void {
  serve(restOperations.moveBookings, (input) => moveBookings(deps, input))
}

/** Moves appointments of a clinic to other times, or looks whether these are free: at its desk, for the patients. */
async function moveBookings(deps: RestDeps, input: MoveInput) {
  const { body, query, granted, key } = input
  const clinicNo = granted.clinic.no
  const wanted = await wantedMoves(deps, input)
  if (query.dryRun) {
    const refusals = await presumedRefusals(deps, { clinicNo, onBehalf: true }, wanted)
    const changes = wanted.map((one) => changeBody(one, 'free', refusals.get(one.booking.id) ?? null))
    return { status: 200 as const, body: { changes } }
  }
  const startOf = new Map(body.moves.map(({ bookingId, startsAt }) => [bookingId, startsAt]))
  const keyOf = (bookingId: string) => {
    const purpose = `moveBookings ${bookingId} ${startOf.get(bookingId)} ${body.doctorId}`
    return key === null ? freshKey() : keyDigest(key, purpose)
  }
  const mover = { clinicNo, actorId: granted.actor.accountId, onBehalf: true, keyOf }
  const { wanted: shown, refusals, position } = await moveInOrder(deps, mover, wanted)
  const changes = shown.map((one) => changeBody(one, 'moved', refusals.get(one.booking.id) ?? null))
  return { status: 200 as const, body: { changes }, ...(position === null ? {} : { position }) }
}

/** @throws ProblemError invalid_request, booking_not_found, doctor_not_found */
async function wantedMoves(deps: RestDeps, { body, query, granted: { clinic } }: MoveInput): Promise<WantedMove[]> {
  const { moves, doctorId } = body
  if (doctorId !== undefined) {
    const doctor = clinicNoIn(doctorId) === clinic.no ? await deps.engine.directory.doctor(doctorId) : null
    if (doctor === null) throw doctorNotFound(doctorId)
  }
  const seen = new Set<string>()
  const wanted: Omit<WantedMove, 'near'>[] = []
  for (const [index, { bookingId, startsAt }] of moves.entries()) {
    if (seen.has(bookingId)) {
      throw invalidRequest([{ path: `/moves/${index}/bookingId`, message: 'is in the list already' }])
    }
    seen.add(bookingId)
    const booking = clinicNoIn(bookingId) === clinic.no ? await deps.engine.reads.booking(bookingId) : null
    if (booking === null) throw bookingNotFound(bookingId)
    wanted.push({ booking, access: null, doctorId: doctorId ?? booking.doctorId, startsAt: new Date(startsAt) })
  }
  return withNearTimes(deps, { clinicNo: clinic.no, onBehalf: true }, wanted, { alternatives: query.dryRun })
}

function changeBody(
  { booking, startsAt, near }: WantedMove,
  done: 'free' | 'moved',
  refusal: Unbooked | null,
): BookingMoveBody {
  const body = timeRefusalBody(startsAt, near, refusal)
  const outcome = body.code === null ? done : 'unchanged'
  const at = timeText(startsAt ?? booking.startsAt)
  return { bookingId: booking.id, outcome, startsAt: at, ...body }
}
