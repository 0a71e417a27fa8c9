import { restOperations, type SlotRuleBody } from '@holdfast/contract'
import {
  type CreateSlotsResult,
  expandSlotRule,
  instantsOfLocalDays,
  type SlotDraft,
  type WithdrawSlotsOutcome,
} from '@holdfast/engine'
import type { FastifyInstance } from 'fastify'
import { clinicTag, doctorTag } from '../../cache/cache-tags.ts'
import { problem } from '../../edge/problem-error.ts'
import { invalidRequest } from '../../edge/validator.ts'
import { slotBody } from '../answers/bodies/slot-body.ts'
import { cachedRead } from '../answers/cached-read.ts'
import { refusalProblem } from '../answers/outcome-problems.ts'
import { clinicNoIn, requireOwnCalendar, requireRole } from '../guards/access.ts'
import { doctorNotFound, requireDoctor } from '../guards/require-doctor.ts'
import type { RestDeps } from '../rest-deps.ts'
import { serve } from '../route.ts'
import { requireDays } from './local-days.ts'
import { parseSlotDrafts } from './slot-drafts.ts'

const daysMax = 62

/** Slots: everybody reads them, the clinic's people make and withdraw them. */
export function serveSlots(app: FastifyInstance, deps: RestDeps): void {
  const { engine } = deps

  serve(app, restOperations.listSlots, ({ params, query, request }) => {
    const { doctorId } = params
    const { from, to, onlyAvailable } = query
    requireDays(from, to, daysMax)
    const clinicNo = clinicNoIn(doctorId)
    if (clinicNo === null) throw doctorNotFound(doctorId)
    const tags = [doctorTag(doctorId), clinicTag(clinicNo)]
    return cachedRead(deps, request, {
      isList: true,
      key: `slots ${doctorId} ${from} ${to} ${onlyAvailable}`,
      tags,
      async load() {
        const list = await engine.reads.slots({ doctorId, from, to, onlyAvailable })
        if (list === null) throw doctorNotFound(doctorId)
        const items = list.items.map(slotBody)
        const { asOf, freshUntil } = list
        return {
          body: { items, asOf: asOf.toISOString() },
          tagged: items,
          tags,
          ...(freshUntil === null ? {} : { standsMs: freshUntil.getTime() - asOf.getTime() }),
        }
      },
    })
  })

  serve(app, restOperations.createSlots, async ({ params, query, body, principal }) => {
    const { doctor, clinic } = await requireDoctor(deps, principal, params.doctorId)
    const drafts = draftsOf(body, clinic.timezone, deps.now())
    const result = await engine.createSlots({ doctorId: doctor.id, drafts, dryRun: query.dryRun })
    const isMade = result.created > 0 && !query.dryRun
    return {
      status: isMade ? 201 : 200,
      body: createdBody(result),
      ...(isMade ? { position: result.position } : {}),
    }
  })

  serve(app, restOperations.withdrawSlot, async ({ params, query, principal }) => {
    const { slotId } = params
    const missing = () => problem('slot_not_found', `There is no slot ${slotId}.`)
    const actor = requireRole(principal, slotId, ['doctor', 'staff', 'admin'], missing)
    if (actor.role === 'doctor') {
      const slot = await engine.reads.slot(slotId)
      if (slot === null) throw missing()
      requireOwnCalendar(actor, slot.doctorId)
    }
    const clinicNo = clinicNoIn(slotId)
    if (clinicNo === null) throw missing()
    const outcome = await engine.withdrawSlots({ clinicNo, which: { slotId }, ...query, actorId: actor.accountId })
    return withdrawn(outcome, query.dryRun)
  })

  serve(app, restOperations.withdrawSlotsOfDoctor, async ({ params, query, principal }) => {
    const { from, to, withBookings, dryRun } = query
    requireDays(from, to, daysMax)
    const { doctor, clinic, actor } = await requireDoctor(deps, principal, params.doctorId)
    const { start, end } = instantsOfLocalDays(from, to, clinic.timezone)
    const outcome = await engine.withdrawSlots({
      clinicNo: clinic.no,
      which: { doctorId: doctor.id, from: start, to: end },
      withBookings,
      dryRun,
      actorId: actor.accountId,
    })
    return withdrawn(outcome, dryRun)
  })
}

type NewSlots = { slots?: { startsAt: string; endsAt: string; capacity?: number }[]; rule?: SlotRuleBody }

/** The slots asked for, by list or by rule: exactly one of them. */
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
        { path: '/rule', message: `must make at most ${outcome.countMax} slots, not ${outcome.count}: fewer days` },
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
