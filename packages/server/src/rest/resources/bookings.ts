import { type NewBookingBody, restOperations } from '@holdfast/contract'
import {
  type ClaimedBooking,
  type ClaimOutcome,
  type MoveOutcome,
  newId,
  type SettleAction,
  type SettleOutcome,
  type Slot,
} from '@holdfast/engine'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Principal } from '../../edge/principal.ts'
import { type ProblemError, problem } from '../../edge/problem-error.ts'
import { answeredBooking } from '../answers/answered-bookings.ts'
import { eventBody } from '../answers/bodies/event-body.ts'
import { slotBody } from '../answers/bodies/slot-body.ts'
import { timeText } from '../answers/bodies/time-text.ts'
import { type ClaimAsked, claimHash, freshKey, idempotencyKeyOf, keyDigest } from '../answers/idempotency.ts'
import { type Refusal, refusalProblem } from '../answers/outcome-problems.ts'
import { singleFlight } from '../answers/single-flight.ts'
import { clinicNoIn, requireAccount, requireOwnCalendar, requireRole } from '../guards/access.ts'
import { type BookingReach, bookingNotFound, reachBooking } from '../guards/reach-booking.ts'
import type { RestDeps } from '../rest-deps.ts'
import { serve } from '../route.ts'

const alternativesMax = 3

type Asked = { params: { bookingId: string }; principal: Principal; request: FastifyRequest }

/** Bookings: made by anyone, read and changed by those who reach them. */
export function serveBookings(app: FastifyInstance, deps: RestDeps): void {
  const { engine } = deps
  // Hundreds can hear slot_full at once: they share one look for alternatives, and what is made of it.
  const fullProblem = singleFlight(
    async (query: { slotId: string; units: number }) =>
      slotFullWith(await engine.reads.alternatives({ ...query, limit: alternativesMax })),
    ({ slotId, units }) => `${slotId} ${units}`,
  )
  const slotFull = async (request: FastifyRequest, slotId: string, units: number): Promise<ProblemError> => {
    try {
      return await fullProblem({ slotId, units })
    } catch (error) {
      // That the slot is full is true without them.
      request.log.warn({ err: error, requestId: request.id }, 'no alternatives could be read')
      return slotFullWith([])
    }
  }

  serve(
    app,
    restOperations.createBooking,
    async ({ body, principal, request }) => {
      if (body.onBehalf) await requireDeskOfSlot(deps, principal, body.slotId)
      const outcome = await claim(deps, principal, request, body)
      if (outcome.kind === 'slot_full') throw await slotFull(request, body.slotId, body.units ?? 1)
      if (outcome.kind !== 'booked' && outcome.kind !== 'replayed') throw refusalProblem(outcome)
      return {
        status: outcome.kind === 'booked' ? 201 : 200,
        body: madeBookingBody(outcome.booking, deps),
        position: outcome.position,
      }
    },
    {
      preHandler: app.limitBooking,
      keepsOwnKeys: true,
    },
  )

  serve(app, restOperations.getBooking, async ({ params, principal }) => {
    const reach = await reachBooking(deps, principal, params.bookingId)
    const booking = reach.booking ?? (await engine.reads.booking(params.bookingId))
    if (booking === null) throw bookingNotFound(params.bookingId)
    return { status: 200, body: await answeredBooking(deps, booking) }
  })

  serve(app, restOperations.listBookingEvents, async ({ params, principal }) => {
    const reach = await reachBooking(deps, principal, params.bookingId)
    requireDesk(reach)
    const events = await engine.reads.eventsOfBooking(params.bookingId)
    if (events.length === 0) throw bookingNotFound(params.bookingId)
    const actorIds = [...new Set(events.flatMap(({ actorId }) => actorId ?? []))]
    const actors = await deps.accounts.byIds(actorIds)
    const items = events.map((event) => ({
      event: eventBody(event),
      actorName: (event.actorId === null ? undefined : actors.get(event.actorId)?.name) ?? null,
    }))
    return { status: 200, body: { items } }
  })

  serve(app, restOperations.rescheduleBooking, async ({ params, body, principal, request }) => {
    const { bookingId } = params
    const reach = await reachBooking(deps, principal, bookingId)
    const { slotId } = body
    if (clinicNoIn(slotId) !== clinicNoIn(bookingId)) {
      throw problem('slot_not_found', `There is no slot ${slotId} in the clinic of this booking.`)
    }
    const outcome = await engine.move({ bookingId, slotId, actorId: reach.actorId, onBehalf: reach.as === 'desk' })
    if (outcome.kind === 'slot_full') {
      const booking = reach.booking ?? (await engine.reads.booking(bookingId))
      throw await slotFull(request, slotId, booking?.units ?? 1)
    }
    return settled(deps, outcome)
  })

  serve(app, restOperations.confirmBooking, (asked) => settle(deps, asked, 'confirm', asked.body), {
    preHandler: app.limitPatient,
  })
  serve(app, restOperations.extendBooking, (asked) => settle(deps, asked, 'extend', {}))
  serve(app, restOperations.cancelBooking, (asked) => settle(deps, asked, 'cancel', asked.body))

  serve(app, restOperations.linkBooking, (asked) => link(deps, asked, asked.body.manageToken))

  const deskActions = {
    arriveBooking: 'arrive',
    completeBooking: 'complete',
    noShowBooking: 'no_show',
    reopenBooking: 'reopen',
  } as const
  for (const [id, action] of Object.entries(deskActions) as [keyof typeof deskActions, SettleAction][]) {
    serve(app, restOperations[id], (asked) => settle(deps, asked, action, {}, requireDesk))
  }
}

function slotFullWith(alternatives: Slot[]): ProblemError {
  return refusalProblem({ kind: 'slot_full' }, { alternatives: alternatives.map(slotBody) })
}

function claim(
  deps: RestDeps,
  principal: Principal,
  request: FastifyRequest,
  body: NewBookingBody,
): Promise<ClaimOutcome> | ClaimOutcome {
  const key = idempotencyKeyOf(request)
  const clinicNo = clinicNoIn(body.slotId)
  if (clinicNo === null) return { kind: 'slot_missing' }
  const asked: ClaimAsked = {
    slotId: body.slotId,
    units: body.units ?? 1,
    patient: body.patient,
    appointmentType: body.appointmentType ?? null,
    reason: body.reason ?? null,
    confirm: body.confirm ?? false,
  }
  return deps.engine.claim({
    ...asked,
    bookingId: newId(clinicNo),
    accountId: principal.kind === 'account' && !body.onBehalf ? principal.accountId : null,
    actorId: principal.kind === 'account' && body.onBehalf ? principal.accountId : null,
    key: key === null ? freshKey() : keyDigest(principal, 'createBooking', key),
    requestHash: claimHash(asked, body.onBehalf === true),
  })
}

/** Only those who keep the slot's calendar book for somebody else there. */
async function requireDeskOfSlot(deps: RestDeps, principal: Principal, slotId: string): Promise<void> {
  const missing = () => problem('slot_not_found', `There is no slot ${slotId}.`)
  const actor = requireRole(principal, slotId, ['doctor', 'staff', 'admin'], missing)
  if (actor.role !== 'doctor') return
  const slot = await deps.engine.reads.slot(slotId)
  if (slot === null) throw missing()
  requireOwnCalendar(actor, slot.doctorId)
}

async function settle(
  deps: RestDeps,
  { params, principal, request }: Asked,
  action: SettleAction,
  details: { reason?: string; patient?: NewBookingBody['patient'] },
  require: (reach: BookingReach) => void = () => {},
) {
  const key = idempotencyKeyOf(request)
  const { bookingId } = params
  const reach = await reachBooking(deps, principal, bookingId)
  require(reach)
  const outcome = await deps.engine.settle({
    bookingId,
    action,
    actorId: reach.actorId,
    onBehalf: reach.as === 'desk',
    // Always one for an extension: the engine may have to send it twice, when a connection is lost.
    key:
      action === 'extend'
        ? key === null
          ? freshKey()
          : keyDigest(principal, `extendBooking ${bookingId}`, key)
        : null,
    reason: details.reason ?? null,
    patient: details.patient ?? null,
  })
  return settled(deps, outcome)
}

/**
 * Whoever asks needs the manage token: no role reaches this, and an account that has the booking already doesn't
 * either. A wrong token hears what a made-up id is answered.
 */
async function link(deps: RestDeps, { params, principal }: Asked, manageToken: string) {
  const { bookingId } = params
  const { accountId } = requireAccount(principal)
  if (clinicNoIn(bookingId) === null || !deps.manageTokens.verify(bookingId, manageToken)) {
    throw bookingNotFound(bookingId)
  }
  return settled(
    deps,
    await deps.engine.settle({
      bookingId,
      action: 'link',
      actorId: accountId,
      onBehalf: false,
      key: null,
      reason: null,
    }),
  )
}

type Settled = Extract<SettleOutcome | MoveOutcome, { kind: 'done' | 'unchanged' }>

async function settled(deps: RestDeps, outcome: Settled | Refusal) {
  if (outcome.kind !== 'done' && outcome.kind !== 'unchanged') throw await refused(deps, outcome)
  const position = outcome.kind === 'done' ? { position: outcome.position } : {}
  return { status: 200 as const, body: await answeredBooking(deps, outcome.booking), ...position }
}

/** Where a refusal tells of the booking, it tells all of it. */
async function refused(deps: RestDeps, outcome: Refusal): Promise<ProblemError> {
  const told = refusalProblem(outcome)
  if (told.extras.booking === undefined || !('booking' in outcome)) return told
  return refusalProblem(outcome, { booking: await answeredBooking(deps, outcome.booking) })
}

function requireDesk(reach: BookingReach): void {
  if (reach.as !== 'desk') throw problem('forbidden', 'Only the clinic’s people note this.')
}

function madeBookingBody(booking: ClaimedBooking, deps: RestDeps) {
  return {
    id: booking.id,
    clinicId: booking.clinicId,
    doctorId: booking.doctorId,
    slotId: booking.slotId,
    status: booking.status,
    units: booking.units,
    appointmentType: booking.appointmentType,
    startsAt: timeText(booking.startsAt),
    endsAt: timeText(booking.endsAt),
    holdExpiresAt: booking.holdExpiresAt && timeText(booking.holdExpiresAt),
    createdAt: timeText(booking.createdAt),
    manageToken: deps.manageTokens.issue(booking.id),
  }
}
