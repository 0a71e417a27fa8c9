import { restOperations, type SlotRuleBody } from '@holdfast/contract'
import {
  type CreateSlotsResult,
  clinicNoIn,
  expandSlotRule,
  instantsOfLocalDays,
  type SlotDraft,
  type WithdrawSlotsOutcome,
} from '@holdfast/engine'
import { listedDaysMax } from '@holdfast/vocabulary'
import type { ListedDays } from '../../calendar/doctor-texts.ts'
import type { ListedSlots } from '../../calendar/slot-lists.ts'
import { invalidRequest } from '../../edge/bodies/validator.ts'
import { actorIn } from '../guards/access.ts'
import { doctorNotFound } from '../guards/require-calendar.ts'
import { concernedCasesBody } from '../responses/bodies/concerned-cases-body.ts'
import { slotBody } from '../responses/bodies/slot-body.ts'
import { timeText } from '../responses/bodies/time-text.ts'
import { freshReply, type ReadResponse, requestedPosition, staleReply, withHeaders } from '../responses/cached-read.ts'
import { refusalProblem } from '../responses/outcome-problems.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Input, Serve } from '../serve.ts'
import { requireDays } from './local-days.ts'
import { parseSlotDrafts } from './slot-drafts.ts'

/**
 * Slots: everybody reads those of active doctors; the clinic's members read them all, create, change and withdraw them.
 */
export function serveSlots(serve: Serve, deps: RestDeps): void {
  const { engine } = deps

  serve(restOperations.listSlots, ({ params: { doctorId }, query, granted: principal, request }) => {
    requireDays(query.from, query.to, listedDaysMax)
    const clinicNo = clinicNoIn(doctorId)
    if (clinicNo === null) throw doctorNotFound(doctorId)
    return slotListReply(deps, request, doctorId, query, () => {
      // Members of the clinic also see an inactive doctor's slots, whose bookings stay.
      if (actorIn(principal, clinicNo) === null) throw doctorNotFound(doctorId)
      return slotsOfInactive(deps, doctorId, query)
    })
  })

  const create = async ({ query, body, granted: { doctor, clinic } }: Input<typeof restOperations.createSlots>) => {
    const drafts = draftsOf(body, clinic.timezone, deps.now())
    const result = await engine.createSlots({ doctorId: doctor.id, drafts, dryRun: query.dryRun })
    const isCreated = result.created > 0 && !query.dryRun
    return {
      status: isCreated ? (201 as const) : (200 as const),
      body: {
        ...createdBody(result),
        ...(query.dryRun ? { inSessions: await countInSessions(engine, doctor.id, result) } : {}),
      },
      ...(result.position === null ? {} : { position: result.position }),
    }
  }
  serve(restOperations.createSlots, create)

  const change = async ({ params: { slotId }, body, granted }: Input<typeof restOperations.changeSlot>) => {
    const outcome = await engine.setCapacity({ clinicNo: granted.clinicNo, slotId, capacity: body.capacity })
    if (outcome.kind !== 'capacity_set') throw refusalProblem(outcome)
    return { status: 200 as const, body: slotBody(outcome.slot), position: outcome.position }
  }
  serve(restOperations.changeSlot, change, {
    audit: ({ body: { capacity } }) => ({ details: ['capacity changed', `${capacity}`] }),
  })

  const withdrawOne = async ({ params, query, granted }: Input<typeof restOperations.withdrawSlot>) => {
    const { clinicNo, accountId } = granted
    const which = { slotId: params.slotId }
    const outcome = await engine.withdrawSlots({ clinicNo, which, ...query, actorId: accountId })
    return withdrawn(outcome, query.dryRun)
  }
  serve(restOperations.withdrawSlot, withdrawOne)

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
    const response = withdrawn(outcome, dryRun)
    if (!dryRun) return response
    const found = await engine.closures.casesOf({ clinicNo: clinic.no, doctorId: doctor.id, ...range })
    return found.cases === 0 ? response : { ...response, body: { ...response.body, ...concernedCasesBody(found) } }
  }
  serve(restOperations.withdrawSlotsOfDoctor, withdrawDays, {
    validate: ({ query: { from, to } }) => requireDays(from, to, listedDaysMax),
  })
}

/**
 * Serves a doctor's slots from the calendar in memory, loading them first if they are not there. While the
 * database cannot be reached: the last known slots, marked as stale.
 *
 * @param ofNone the reply if there is no such active doctor
 * @throws what `ofNone` and the load throw
 */
function slotListReply(
  deps: Pick<RestDeps, 'slotLists' | 'freshness'>,
  request: Parameters<typeof requestedPosition>[1],
  doctorId: string,
  days: ListedDays,
  ofNone: () => Promise<ReadResponse>,
): ReadResponse | Promise<ReadResponse> {
  const { readAfter, headers } = requestedPosition(deps, request)
  const reply = (list: ListedSlots | null) => {
    if (list === null) return ofNone()
    const { isStale, body } = list
    const found = isStale ? staleReply(body, { isList: true }) : freshReply(list, request.headers['if-none-match'])
    return headers === null ? found : withHeaders(found, headers)
  }
  const list = deps.slotLists.read(doctorId, days, readAfter)
  // Almost always from memory, without a promise.
  return list instanceof Promise ? list.then(reply) : reply(list)
}

/** Read from the database each time. None of them can be booked. @throws ProblemError doctor_not_found */
async function slotsOfInactive(
  { calendarReads }: Pick<RestDeps, 'calendarReads'>,
  doctorId: string,
  { from, to, onlyAvailable }: ListedDays,
): Promise<ReadResponse> {
  const days = await calendarReads.daysOfAny(doctorId, from, to)
  if (days === null) throw doctorNotFound(doctorId)
  const items = (onlyAvailable ? [] : days.slots).map(({ id, startsAt, endsAt, capacity, available }) => {
    return { id, doctorId, startsAt, endsAt, capacity, available }
  })
  const headers = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' }
  return { status: 200, body: JSON.stringify({ items, asOf: days.asOf }), headers }
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

/** How many of the created slots lie in open sessions of the doctor. */
function countInSessions({ sessions }: RestDeps['engine'], doctorId: string, { items }: CreateSlotsResult) {
  return sessions.countInSessions({ doctorId, times: items.filter(({ outcome }) => outcome === 'created') })
}

function createdBody(result: CreateSlotsResult) {
  return {
    created: result.created,
    skipped: result.skipped,
    differing: result.differing,
    conflicts: result.conflicts,
    items: result.items.map((item) => ({
      startsAt: timeText(item.startsAt),
      endsAt: timeText(item.endsAt),
      capacity: item.capacity,
      outcome: item.outcome,
      slotId: item.slotId,
    })),
  }
}

function withdrawn(outcome: WithdrawSlotsOutcome, dryRun: boolean) {
  if (outcome.kind !== 'withdrawn') throw refusalProblem(outcome)
  const bookings = outcome.bookings.map((booking) => ({ ...booking, startsAt: timeText(booking.startsAt) }))
  return {
    status: 200 as const,
    body: { slots: outcome.slots, sessions: outcome.sessions, bookings },
    ...(dryRun || outcome.position === null ? {} : { position: outcome.position }),
  }
}
