import { restOperations, type SlotRuleBody } from '@holdfast/contract'
import {
  type CreateSlotsResult,
  clinicNoIn,
  expandSlotRule,
  instantsOfLocalDays,
  type SlotDraft,
  type WithdrawSlotsOutcome,
} from '@holdfast/engine'
import type { ListedDays } from '../../calendar/doctor-texts.ts'
import type { ListedSlots } from '../../calendar/slot-lists.ts'
import { invalidRequest } from '../../edge/validator.ts'
import { doctorNotFound } from '../guards/require-calendar.ts'
import { freshReply, type ReadResponse, requestedPosition, staleReply, withHeaders } from '../responses/cached-read.ts'
import { refusalProblem } from '../responses/outcome-problems.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Input, Serve } from '../serve.ts'
import { requireDays } from './local-days.ts'
import { parseSlotDrafts } from './slot-drafts.ts'

const daysMax = 62

/** Slots: everybody reads them, the clinic's members create and withdraw them. */
export function serveSlots(serve: Serve, deps: RestDeps): void {
  const { engine } = deps

  serve(restOperations.listSlots, ({ params, query, request }) => {
    requireDays(query.from, query.to, daysMax)
    if (clinicNoIn(params.doctorId) === null) throw doctorNotFound(params.doctorId)
    return slotListReply(deps, request, params.doctorId, query)
  })

  serve(restOperations.createSlots, async ({ query, body, granted: { doctor, clinic } }) => {
    const drafts = draftsOf(body, clinic.timezone, deps.now())
    const result = await engine.createSlots({ doctorId: doctor.id, drafts, dryRun: query.dryRun })
    const isCreated = result.created > 0 && !query.dryRun
    return {
      status: isCreated ? 201 : 200,
      body: createdBody(result),
      ...(result.position === '0' ? {} : { position: result.position }),
    }
  })

  serve(restOperations.withdrawSlot, async ({ params, query, granted: { clinicNo, accountId } }) => {
    const outcome = await engine.withdrawSlots({
      clinicNo,
      which: { slotId: params.slotId },
      ...query,
      actorId: accountId,
    })
    return withdrawn(outcome, query.dryRun)
  })

  const withdrawDays = async ({ query, granted }: Input<typeof restOperations.withdrawSlotsOfDoctor>) => {
    const { withBookings, dryRun } = query
    const { doctor, clinic, actor } = granted
    const range = withdrawnRange(query, clinic.timezone)
    const outcome = await engine.withdrawSlots({
      clinicNo: clinic.no,
      which: { doctorId: doctor.id, ...range },
      withBookings,
      dryRun,
      actorId: actor.accountId,
    })
    return withdrawn(outcome, dryRun)
  }
  serve(restOperations.withdrawSlotsOfDoctor, withdrawDays, {
    validate: ({ query: { from, to } }) => requireDays(from, to, daysMax),
  })
}

/**
 * Serves a doctor's slots from the calendar in memory, loading them first if they are not there. While the
 * database cannot be reached: the last known slots, marked as stale.
 *
 * @throws ProblemError doctor_not_found; and what the load throws
 */
function slotListReply(
  deps: Pick<RestDeps, 'slotLists' | 'freshness'>,
  request: Parameters<typeof requestedPosition>[1],
  doctorId: string,
  days: ListedDays,
): ReadResponse | Promise<ReadResponse> {
  const { readAfter, headers } = requestedPosition(deps, request)
  const reply = (list: ListedSlots | null) => {
    if (list === null) throw doctorNotFound(doctorId)
    const { isStale, body } = list
    const found = isStale ? staleReply(body, { isList: true }) : freshReply(list, request.headers['if-none-match'])
    return headers === null ? found : withHeaders(found, headers)
  }
  const list = deps.slotLists.read(doctorId, days, readAfter)
  // Almost always from memory, without a promise.
  return list instanceof Promise ? list.then(reply) : reply(list)
}

type WithdrawnHours = { from: string; to: string; startsFrom?: string; startsBefore?: string }

/** The part of the local days that the hours leave; an empty range if they lie outside of the days. */
function withdrawnRange({ from, to, startsFrom, startsBefore }: WithdrawnHours, timezone: string) {
  const { start, end } = instantsOfLocalDays(from, to, timezone)
  const first = Math.max(start.getTime(), startsFrom === undefined ? -Infinity : Date.parse(startsFrom))
  const last = Math.min(end.getTime(), startsBefore === undefined ? Infinity : Date.parse(startsBefore))
  return { from: new Date(first), to: new Date(Math.max(first, last)) }
}

type NewSlots = { slots?: { startsAt: string; endsAt: string; capacity?: number }[]; rule?: SlotRuleBody }

/** The requested slots, from a list or from a rule: exactly one of them. */
function draftsOf(body: NewSlots, timezone: string, now: Date): SlotDraft[] {
  if (body.slots !== undefined && body.rule === undefined) {
    const outcome = parseSlotDrafts(body.slots, now)
    if (outcome.kind === 'invalid') throw invalidRequest(outcome.errors)
    return outcome.drafts
  }
  if (body.rule === undefined || body.slots !== undefined) {
    const found = body.rule === undefined ? 'neither' : 'both'
    throw invalidRequest([{ path: '/', message: `must have either slots or rule, not ${found}` }])
  }
  const { slotMinutes = 15, breaks = [], capacity = 1, ...rest } = body.rule
  const outcome = expandSlotRule({ ...rest, slotMinutes, breaks, capacity }, timezone, now)
  switch (outcome.kind) {
    case 'expanded':
      return outcome.drafts
    case 'invalid_rule':
      throw invalidRequest([{ path: `/rule${outcome.path}`, message: outcome.message }])
    case 'too_many_slots':
      throw invalidRequest([
        {
          path: '/rule',
          message: `must create at most ${outcome.countMax} slots, not ${outcome.count}: choose fewer days`,
        },
      ])
  }
}

function createdBody(result: CreateSlotsResult) {
  return {
    created: result.created,
    skipped: result.skipped,
    conflicts: result.conflicts,
    items: result.items.map((item) => ({
      startsAt: item.startsAt.toISOString(),
      endsAt: item.endsAt.toISOString(),
      capacity: item.capacity,
      outcome: item.outcome,
      slotId: item.slotId,
    })),
  }
}

function withdrawn(outcome: WithdrawSlotsOutcome, dryRun: boolean) {
  if (outcome.kind !== 'withdrawn') throw refusalProblem(outcome)
  const bookings = outcome.bookings.map((booking) => ({ ...booking, startsAt: booking.startsAt.toISOString() }))
  return {
    status: 200 as const,
    body: { slots: outcome.slots, bookings },
    ...(dryRun ? {} : { position: outcome.position }),
  }
}
