import { caseUrgencies, type Urgency } from '@holdfast/vocabulary'
import { rethrowAfterCommit } from '../database/database-unavailable.ts'
import { cursorOf, InvalidCursor } from '../lists/cursor.ts'
import { isNotDone, type NotDone } from '../model/claim.ts'
import { digestUuid } from '../model/digest-uuid.ts'
import { clinicNoIn, clinicNoOf, newId } from '../model/id.ts'
import type { CaseRequest, RequestFit, Theatre } from '../model/theatre.ts'
import type { Case, ClaimCaseRequest, TheatrePatient } from '../model/theatre-case.ts'
import type { Block } from '../model/theatre-resource.ts'
import type { BlockFillings, FillingRun } from './block-fillings.ts'
import { cursorOfRequests } from './case-requests.ts'

/** A start that was suggested may be taken before it is claimed: then the next is tried. */
const triesMax = 3
const stepMinutes = 5

type Needed = Pick<Theatre, 'block' | 'rooms' | 'case' | 'caseRequest' | 'caseRequestsPage' | 'suggest' | 'claimCase'>

/** The block, the last request that was looked at, the run, and how far it was: see BlockFilling. */
const cursorOfFilling = cursorOf('block-filling', ['id', 'id', 'id', 'count', 'count'])

type Parts = {
  fillings: BlockFillings
  /** The requests with a case in the block that are behind a request in the list, or all (null). */
  scheduledIn: (block: Block, afterId: string | null) => Promise<CaseRequest[]>
  /** The minutes of the longest time at which the block's room is free. */
  longestFree: (block: Block) => Promise<number>
}

type Step = Pick<ClaimCaseRequest, 'confirm' | 'actorId' | 'key'> & { block: Block; afterId: string | null }
type StepOutcome =
  /** `lastId`: the last request that was looked at, if others are behind it; null: none are, or the block is full. */
  | { kind: 'filled'; cases: Case[]; examined: number; lastId: string | null }
  | Extract<Awaited<ReturnType<Theatre['fillBlock']>>, { kind: 'filled_in_part' | 'room_inactive' } | NotDone>

/** A step searches no longer than this, and then one more time: whoever waits sees how far it is. */
const stepMs = 2_000
const pageSize = 200

/**
 * Books open requests in a block, the most urgent first, each at the first time at which it fits. Each is a claim of
 * its own, with a key made of the request's and that of the call: a repetition finds what the first call booked. Only
 * requests are read that the block's owner and room, the time until it and what is left of it admit (the claim decides,
 * by block_is_open), so a long list of others costs one query. Where many fit and cannot be placed, a call is a step:
 * it ends after some seconds, and says where the next one goes on.
 *
 * @throws InvalidCursor for a cursor that no call for this block returned
 * @throws DatabaseUnavailable with `outcomeUnknown` if it fails after the first claim
 */
export function fillBlock(
  theatre: Needed,
  { fillings, ...parts }: Parts,
  now = () => performance.now(),
): Theatre['fillBlock'] {
  const fillStep = stepOf(theatre, parts, now)
  return async ({ blockId, cursor = null, ...by }) => {
    const block = clinicNoIn(blockId) === null ? null : await theatre.block(blockId)
    if (block === null || block.withdrawnAt !== null) return { kind: 'block_missing' }
    const { afterId, ...before } =
      cursor === null
        ? { afterId: null, blockId, runId: digestUuid(by.key), examined: 0, booked: 0 }
        : await runAt(theatre, block, cursor)
    const other = await fillings.begin(before)
    if (other !== null) return { kind: 'block_being_filled', ...other }
    const outcome = await fillStep({ ...by, block, afterId })
    const { cases, examined, lastId } = { cases: [], examined: 0, lastId: null, ...outcome }
    const run = { ...before, examined: before.examined + examined, booked: before.booked + cases.length }
    const isOver = outcome.kind === 'room_inactive' || (outcome.kind === 'filled' && lastId === null)
    const ended = fillings.end({ ...run, isOver })
    await (cases.length === 0 ? ended : ended.catch(rethrowAfterCommit))
    if (outcome.kind !== 'filled') return outcome
    const nextCursor =
      lastId === null
        ? null
        : cursorOfFilling.encode(blockId, lastId, run.runId, String(run.examined), String(run.booked))
    return { kind: 'filled', cases, examined, nextCursor }
  }
}

function stepOf(theatre: Needed, { scheduledIn, longestFree }: Omit<Parts, 'fillings'>, now: () => number) {
  return async ({ block, afterId, ...by }: Step): Promise<StepOutcome> => {
    const began = now()
    const clinicNo = clinicNoOf(block.id)
    const cases: Case[] = []
    // The longest case that can fit: by the minutes of the block, and by the time at which its room is free.
    const leftOf = async (seen: Block) => Math.min(seen.minutes - seen.usedMinutes, await longestFree(seen))
    let left = await leftOf(block)
    // What ends the call: a refusal. The cases that are booked stay: a plain refusal would deny them.
    const bookOne = async (request: CaseRequest) => {
      const booking = book(theatre, block, request, by)
      const booked = await (cases.length === 0 ? booking : booking.catch(rethrowAfterCommit))
      if (booked === null) return null
      if ('kind' in booked) return cases.length === 0 ? booked : ({ ...booked, kind: 'filled_in_part', cases } as const)
      cases.push(booked)
      const seen = await theatre.block(block.id).catch(rethrowAfterCommit)
      left = seen === null ? 0 : await leftOf(seen).catch(rethrowAfterCommit)
      return null
    }
    let examined = 0
    let lastId = afterId
    const start = afterId === null ? null : cursorOfRequests.encode(afterId)
    const pageAfter = (next: string | null) => theatre.caseRequestsPage(fittingRequests(block, left, next))
    let page = await pageAfter(start)
    // An earlier try of the call may have booked these. They are read after the open ones, so that none is missing that
    // is booked meanwhile.
    const scheduled = await scheduledIn(block, afterId)
    for (const request of scheduled) {
      const refused = await bookOne(request)
      if (refused !== null) return refused
    }
    const scheduledIds = new Set(scheduled.map(({ id }) => id))
    for (;;) {
      for (const request of page.items) {
        if (examined > 0 && now() - began > stepMs) return { kind: 'filled', cases, examined, lastId }
        examined += 1
        lastId = request.id
        if (scheduledIds.has(request.id) || request.minutes > left) continue
        const refused = await bookOne(request)
        if (refused !== null) return refused
      }
      if (page.nextCursor === null || left <= 0) break
      const next = pageAfter(page.nextCursor)
      page = await (cases.length === 0 ? next : next.catch(rethrowAfterCommit))
    }
    // Asked only then: what an earlier try of the call has booked stays, too.
    if (cases.length === 0 && !(await takesCases(theatre, clinicNo, block))) {
      return { kind: 'room_inactive', roomId: block.roomId }
    }
    return { kind: 'filled', cases, examined, lastId: null }
  }
}

/** The run that a cursor continues, and the request after which it does. @throws InvalidCursor */
async function runAt(theatre: Needed, block: Block, cursor: string): Promise<FillingRun & { afterId: string }> {
  const [blockId, requestId, runId, examined, booked] = cursorOfFilling.decode(cursor)
  const isOfClinic = clinicNoIn(requestId) === clinicNoOf(block.id)
  if (blockId !== block.id || !isOfClinic || (await theatre.caseRequest(requestId)) === null) {
    throw new InvalidCursor(cursor)
  }
  return { blockId, runId, examined: Number(examined), booked: Number(booked), afterId: requestId }
}

async function takesCases(theatre: Needed, clinicNo: number, { roomId }: Block): Promise<boolean> {
  return (await theatre.rooms(clinicNo)).some(({ id, active }) => id === roomId && active)
}

/**
 * How long a request can wait at most for a case that nobody has chosen the time of. NCEPOD: an immediate intervention
 * within minutes, an urgent one within hours.
 */
const waitsMsMax: Record<Urgency, number> = {
  immediate: 86_400_000,
  urgent: 3 * 86_400_000,
  expedited: Number.POSITIVE_INFINITY,
  elective: Number.POSITIVE_INFINITY,
}

/** A page of the open requests that the block admits, with the longest case that fits. */
function fittingRequests(block: Block, minutesMax: number, cursor: string | null) {
  const { roomId, service, surgeonId } = block
  const waitsMs = block.from.getTime() - Date.now()
  const urgencies = caseUrgencies.filter((urgency) => waitsMs <= waitsMsMax[urgency])
  const owner = block.isReleased ? { service: null, surgeonId: null } : { service, surgeonId }
  const fits: RequestFit = { ...owner, roomId, minutesMax, urgencies }
  return { clinicNo: clinicNoOf(block.id), status: 'open', limit: pageSize, cursor, filter: { fits } } as const
}

/** null: it does not fit. */
async function book(
  theatre: Needed,
  block: Block,
  request: CaseRequest,
  { confirm, actorId, key }: Pick<ClaimCaseRequest, 'confirm' | 'actorId' | 'key'>,
): Promise<Case | NotDone | null> {
  const { surgeonId, anaesthetistId, staffIds, equipment, minutes, service, procedure, urgency, patient } = request
  if (surgeonId === null || patient === null) return null
  for (let tries = 1; tries <= triesMax; tries += 1) {
    const startsAt = await startFor(theatre, block, request, { surgeonId, patient })
    if (!(startsAt instanceof Date)) return startsAt
    const outcome = await theatre.claimCase({
      surgeonId,
      anaesthetistId,
      staffIds,
      equipment,
      minutes,
      service,
      procedure,
      urgency,
      patient,
      startsAt,
      caseId: newId(clinicNoOf(block.id)),
      roomId: block.roomId,
      blockId: block.id,
      requestId: request.id,
      override: null,
      confirm,
      actorId,
      key: digestUuid(`${key} ${request.id}`),
      requestHash: digestUuid(`${block.id} ${request.id}`),
    })
    if (outcome.kind === 'booked' || outcome.kind === 'replayed') return outcome.case
    if (isNotDone(outcome)) return outcome
    if (outcome.kind !== 'refused') return null
  }
  return null
}

/**
 * When the request's case starts. If it has one, that keeps its start: an earlier try of the call may have booked it.
 * null: it does not fit.
 */
async function startFor(
  theatre: Needed,
  block: Block,
  { caseId, ...request }: CaseRequest,
  { surgeonId, patient }: { surgeonId: string; patient: TheatrePatient },
): Promise<Date | NotDone | null> {
  if (caseId !== null) {
    const scheduled = await theatre.case(caseId)
    return scheduled?.blockId === block.id ? scheduled.startsAt : null
  }
  const { anaesthetistId, staffIds, equipment, minutes, service, urgency } = request
  const found = await theatre.suggest({
    minutes,
    service,
    urgency,
    surgeonId,
    anaesthetistId,
    staffIds,
    equipment,
    clinicNo: clinicNoOf(block.id),
    roomIds: [block.roomId],
    blockId: block.id,
    mrn: patient.mrn,
    exceptCaseId: null,
    ...daysOf(block),
    limit: 1,
    stepMinutes,
  })
  if ('suggestions' in found) return found.suggestions[0]?.startsAt ?? null
  return isNotDone(found) ? found : null
}

/**
 * Local days that contain the block, whatever the clinic's time zone: its UTC days, one more before and one after.
 * Times are suggested only in the block.
 */
function daysOf({ from, to }: Block): { from: string; to: string } {
  const dayOf = (at: Date) => at.toTemporalInstant().toZonedDateTimeISO('UTC').toPlainDate()
  return { from: dayOf(from).subtract({ days: 1 }).toString(), to: dayOf(to).add({ days: 1 }).toString() }
}
