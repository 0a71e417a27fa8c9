import { type BlockChangeBody, type NewBlockBody, restOperations } from '@holdfast/contract'
import {
  type BlockFilling,
  type ChangeBlockRequest,
  type CreateBlocksOutcome,
  type CreateBlocksRequest,
  clinicNoIn,
  instantsOfLocalDays,
  isNotDone,
  latestStart,
  slotsAheadYearsMax,
} from '@holdfast/engine'
import { listedDaysMax } from '@holdfast/vocabulary'
import { invalidRequest } from '../../edge/bodies/validator.ts'
import { type ProblemError, problem } from '../../edge/errors/problem-error.ts'
import { blockBody, caseBody } from '../responses/bodies/case-body.ts'
import { timeText } from '../responses/bodies/time-text.ts'
import { writeKeyOf } from '../responses/idempotency.ts'
import { refusalProblem } from '../responses/outcome-problems.ts'
import { blockNotFound, resourceInactive, resourceNotFound } from '../responses/theatre-problems.ts'
import type { RestDeps } from '../rest-deps.ts'
import { freshKey } from '../sent-key.ts'
import type { Serve } from '../serve.ts'
import { requireDays } from './local-days.ts'

const minuteMs = 60_000
const dayMinutes = 1_440

/** Blocks: every member reads them, admins create, change and withdraw them, staff fill them from the waitlist. */
export function serveTheatreBlocks(serve: Serve, deps: RestDeps): void {
  const { theatre } = deps.engine

  serve(restOperations.listBlocks, async ({ query: { from, to }, granted: { clinic } }) => {
    requireDays(from, to, listedDaysMax)
    const { start, end } = instantsOfLocalDays(from, to, clinic.timezone)
    const blocks = await theatre.blocks({ clinicNo: clinic.no, from: start, to: end })
    return { status: 200, body: { items: blocks.map(blockBody) } }
  })

  serve(restOperations.createBlocks, async ({ query: { dryRun }, body, granted: { clinic, actor } }) => {
    const { roomId, service = null, surgeonId = null, releaseDays = null } = body
    const room = { path: '/roomId', id: roomId }
    for (const { path, id } of surgeonId === null ? [room] : [room, { path: '/surgeonId', id: surgeonId }]) {
      if (clinicNoIn(id) !== clinic.no) throw resourceNotFound(path, id)
    }
    const outcome = await theatre.createBlocks({
      roomId,
      service: service?.trim() ?? null,
      surgeonId,
      releaseDays,
      when: timesOf(body, deps.now()),
      dryRun,
      actorId: actor.accountId,
    })
    if (outcome.kind !== 'done') throw creationProblem(outcome, body)
    const created = createdBody(outcome)
    const { position } = outcome
    return {
      status: created.created > 0 && !dryRun ? 201 : 200,
      body: created,
      ...(position === null ? {} : { position }),
    }
  })

  serveExistingBlocks(serve, deps)
}

function serveExistingBlocks(serve: Serve, { engine }: RestDeps): void {
  const { theatre, storedResponses } = engine

  serve(
    restOperations.changeBlock,
    async ({ params: { blockId }, body, granted: { clinic, actor } }) => {
      if (clinicNoIn(blockId) !== clinic.no) throw blockNotFound(blockId)
      if (body.surgeonId !== undefined && clinicNoIn(body.surgeonId) !== clinic.no) {
        throw resourceNotFound('/surgeonId', body.surgeonId)
      }
      const outcome = await theatre.changeBlock({ blockId, action: actionOf(body), actorId: actor.accountId })
      switch (outcome.kind) {
        case 'done':
          return { status: 200, body: blockBody(outcome.block), position: outcome.position }
        case 'block_missing':
          throw blockNotFound(blockId)
        case 'minutes_over_length': {
          const message = `must be at most the length of the block, not ${body.minutes}`
          throw invalidRequest([{ path: '/minutes', message }])
        }
        case 'resource_missing':
          throw resourceNotFound('/surgeonId', body.surgeonId ?? '')
        default:
          throw refusalProblem(outcome)
      }
    },
    { audit: ({ body }) => ({ details: ['block', body.action] }) },
  )

  serve(restOperations.withdrawBlock, async ({ params: { blockId }, query, granted: { clinic, actor } }) => {
    const block = clinicNoIn(blockId) === clinic.no ? await theatre.block(blockId) : null
    // A doctor's slot is none.
    if (block === null) throw blockNotFound(blockId)
    const which = { slotId: blockId }
    const outcome = await engine.withdrawSlots({ clinicNo: clinic.no, which, ...query, actorId: actor.accountId })
    if (outcome.kind === 'slot_missing') throw blockNotFound(blockId)
    if (outcome.kind !== 'withdrawn') throw refusalProblem(outcome)
    const bookings = outcome.bookings.map((booking) => ({ ...booking, startsAt: timeText(booking.startsAt) }))
    return {
      status: 200,
      body: { slots: outcome.slots, bookings },
      ...(query.dryRun || outcome.position === null ? {} : { position: outcome.position }),
    }
  })

  serve(restOperations.fillBlock, async ({ params: { blockId }, body, granted: { clinic, actor }, key }) => {
    if (clinicNoIn(blockId) !== clinic.no) throw blockNotFound(blockId)
    const { confirm = false, cursor = null } = body
    const step = writeKeyOf(key, `fillBlock ${blockId}`, { confirm, cursor })
    // A key belongs to one step from its beginning: what a step has booked before it fails has this key, too.
    if (step !== null) {
      await storedResponses.store(step, null, clinic.no)
      const begun = await storedResponses.find(step)
      if (begun.kind === 'key_reused') throw refusalProblem(begun)
    }
    const actorId = actor.accountId
    const outcome = await theatre.fillBlock({ blockId, confirm, actorId, key: step?.key ?? freshKey(), cursor })
    if (outcome.kind === 'block_missing') throw blockNotFound(blockId)
    if (outcome.kind === 'block_being_filled') throw beingFilled(outcome)
    if (outcome.kind === 'room_inactive') throw resourceInactive(outcome.roomId)
    if (isNotDone(outcome)) throw refusalProblem(outcome)
    if (outcome.kind === 'filled_in_part') throw filledInPart(outcome)
    const { cases, examined, nextCursor } = outcome
    return { status: 200, body: { items: cases.map(caseBody), examined, nextCursor } }
  })
}

function beingFilled({ examined, booked }: BlockFilling) {
  return problem('block_being_filled', `Requests that were looked at: ${examined}. Cases that are booked: ${booked}.`)
}

function filledInPart({ cases, retryAfterSeconds }: { cases: readonly { id: string }[]; retryAfterSeconds: number }) {
  const detail =
    `The server is too busy. Cases that are booked: ${cases.length}. ` +
    'Repeat the request with the same Idempotency-Key to book the rest.'
  return problem('unavailable', detail, { retryAfterSeconds, caseIds: cases.map(({ id }) => id) })
}

/** When the blocks are: a single time or a rule, exactly one of them. @throws ProblemError invalid_request */
function timesOf({ from, to, rule, minutes }: NewBlockBody, now: Date): CreateBlocksRequest['when'] {
  if ((rule === undefined) === (from === undefined)) {
    const found = rule === undefined ? 'neither' : 'both'
    throw invalidRequest([{ path: '/', message: `must have either from and to, or rule, not ${found}` }])
  }
  if (rule !== undefined) {
    if (to !== undefined) throw invalidRequest([{ path: '/to', message: 'must not be sent together with rule' }])
    const [start, end] = [minutesOfDay(rule.startTime), minutesOfDay(rule.endTime)]
    const length = end < start ? end + dayMinutes - start : end - start
    requireMinutes(minutes, length)
    const { weeksOfMonth = null, exceptDates = [] } = rule
    return { rule: { ...rule, weeksOfMonth, exceptDates }, minutes: minutes ?? null }
  }
  if (from === undefined || to === undefined) {
    throw invalidRequest([{ path: '/to', message: 'is required together with from' }])
  }
  const [startsAt, endsAt] = [new Date(from), new Date(to)]
  const length = Math.floor((endsAt.getTime() - startsAt.getTime()) / minuteMs)
  if (startsAt <= now) throw invalidRequest([{ path: '/from', message: `must be in the future, not ${from}` }])
  if (startsAt > latestStart(now)) {
    throw invalidRequest([{ path: '/from', message: `must be at most ${slotsAheadYearsMax} years ahead, not ${from}` }])
  }
  if (length < 1 || length > dayMinutes) {
    throw invalidRequest([{ path: '/to', message: `must be after from (${from}) and at most a day later, not ${to}` }])
  }
  requireMinutes(minutes, length)
  return { drafts: [{ startsAt, endsAt, capacity: minutes ?? length }] }
}

function requireMinutes(minutes: number | undefined, length: number): void {
  if (minutes !== undefined && length > 0 && minutes > length) {
    const message = `must be at most the length of the block, ${length} minutes, not ${minutes}`
    throw invalidRequest([{ path: '/minutes', message }])
  }
}

function minutesOfDay(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3))
}

function creationProblem(outcome: Exclude<CreateBlocksOutcome, { kind: 'done' }>, body: NewBlockBody): ProblemError {
  switch (outcome.kind) {
    case 'invalid_rule':
      return invalidRequest([{ path: `/rule${outcome.path}`, message: outcome.message }])
    case 'resource_missing': {
      const isRoom = outcome.path.endsWith('roomId')
      return isRoom ? resourceNotFound('/roomId', body.roomId) : resourceNotFound('/surgeonId', body.surgeonId ?? '')
    }
  }
}

function createdBody({ items, missingDates, seriesId }: Extract<CreateBlocksOutcome, { kind: 'done' }>) {
  const count = (kind: (typeof items)[number]['outcome']) => items.filter(({ outcome }) => outcome === kind).length
  return {
    created: count('created'),
    skipped: count('skipped'),
    conflicts: count('conflict'),
    missingDates,
    seriesId,
    items: items.map(({ startsAt, endsAt, capacity, outcome, blockId, caseId }) => ({
      from: timeText(startsAt),
      to: timeText(endsAt),
      minutes: capacity,
      outcome,
      blockId,
      caseId,
    })),
  }
}

/** @throws ProblemError invalid_request for fields that do not belong to the action */
function actionOf({ action, service, surgeonId, minutes }: BlockChangeBody): ChangeBlockRequest['action'] {
  const foreign = (path: string) => invalidRequest([{ path, message: `must not be sent with the action ${action}` }])
  if (action !== 'take_over' && service !== undefined) throw foreign('/service')
  if (action !== 'take_over' && surgeonId !== undefined) throw foreign('/surgeonId')
  if (action !== 'resize' && minutes !== undefined) throw foreign('/minutes')
  if (action === 'take_over') return { kind: action, service: service?.trim() ?? null, surgeonId: surgeonId ?? null }
  if (action !== 'resize') return { kind: action }
  if (minutes === undefined) throw invalidRequest([{ path: '/minutes', message: 'is required with the action resize' }])
  return { kind: action, minutes }
}
