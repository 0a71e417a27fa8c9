import { restOperations, type SuggestionQueryBody } from '@holdfast/contract'
import {
  type Case,
  type CaseRequest,
  type Clinic,
  clinicNoIn,
  instantsOfLocalDays,
  type SuggestQuery,
} from '@holdfast/engine'
import { listedDaysMax } from '@holdfast/vocabulary'
import { invalidRequest } from '../../edge/bodies/validator.ts'
import { problem } from '../../edge/errors/problem-error.ts'
import { caseNotFound, caseRequestNotFound } from '../guards/reach-case.ts'
import { blockBody } from '../responses/bodies/case-body.ts'
import { projectedCases } from '../responses/bodies/projected-cases.ts'
import { timeText } from '../responses/bodies/time-text.ts'
import { writeKeyOf } from '../responses/idempotency.ts'
import { theatreProblem } from '../responses/theatre-problems.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Input, Serve } from '../serve.ts'
import { casesThatDelay } from './case-delays.ts'
import { requireDays } from './local-days.ts'
import { erasedResponse } from './patients.ts'

/** The board, times for cases, estimates, and the erasure of patients. */
export function serveTheatrePlanning(serve: Serve, deps: RestDeps): void {
  const { theatre } = deps.engine

  serve(restOperations.getTheatre, (input) => board(deps, input), {
    // 300 cases take 13 KB then.
    compresses: true,
  })

  serve(restOperations.suggestCaseTimes, async ({ body, granted: { clinic } }) => {
    requireDays(body.from, body.to, listedDaysMax, '/to')
    const { query, at } = await suggestQuery(deps, clinic, body)
    const found = await theatre.suggest(query)
    if ('kind' in found) {
      // Rooms are not among the needs of the body.
      const isRoom = found.kind === 'resource_invalid' && found.path.startsWith('/roomIds/')
      throw theatreProblem(found, isRoom ? '' : at)
    }
    const suggestions = found.suggestions.map((one) => ({
      ...one,
      startsAt: timeText(one.startsAt),
      endsAt: timeText(one.endsAt),
    }))
    return { status: 200, body: { suggestions, refusals: found.refusals, searchedUntil: found.searchedUntil } }
  })

  serve(restOperations.estimateCaseDuration, async ({ query, granted: { clinic }, field: surgeonId = null }) => {
    const procedureCode = query.procedureCode.trim()
    const estimate = await theatre.estimate({ clinicNo: clinic.no, procedureCode, surgeonId })
    const { cases, medianMinutes, p80Minutes } = estimate
    return { status: 200, body: { cases, surgeonId: estimate.surgeonId, medianMinutes, p80Minutes } }
  })

  serve(restOperations.eraseTheatrePatient, async ({ body, granted: { clinic, actor }, key }) => {
    const mrn = body.mrn.trim()
    // A keyed digest: from any other one, a record number could be guessed. It is of the number's bytes, because the
    // digests of addresses are the same for upper and lower case, and of the oldest secret, which stays while a newer
    // one is added.
    const patient = deps.recipientDigests(`theatre patient ${Buffer.from(mrn).toString('hex')}`).at(-1)
    const writeKey = writeKeyOf(key, `eraseTheatrePatient ${clinic.id}`, { patient })
    const erasure = { clinicNo: clinic.no, of: { mrn }, actorId: actor.accountId, writeKey }
    return erasedResponse(await deps.engine.patients.erase(erasure), () =>
      problem('patient_not_found', 'The clinic has no patient with this record number.'),
    )
  })
}

/** The board of everybody: what doctors do not get of it is removed by the operation's restriction. */
async function board(deps: RestDeps, { query, granted }: Input<typeof restOperations.getTheatre>) {
  const { theatre } = deps.engine
  const { clinic } = granted
  const clinicNo = clinic.no
  const to = Temporal.PlainDate.from(query.date)
    .add({ days: query.days - 1 })
    .toString()
  const { start, end } = instantsOfLocalDays(query.date, to, clinic.timezone)
  const asOf = deps.now()
  const [rooms, equipment, blocks, cases, delaying] = await Promise.all([
    theatre.rooms(clinicNo),
    theatre.equipment(clinicNo),
    theatre.blocks({ clinicNo, from: start, to: end }),
    theatre.cases({ clinicNo, from: start, to: end, withEnded: false }),
    // Those of the board may wait for cases that are not on it.
    casesThatDelay(theatre, { clinicNo, first: start, last: end }, asOf),
  ])
  const usedRooms = new Set([...blocks, ...cases].map(({ roomId }) => roomId))
  const usedEquipment = new Set(cases.flatMap((one) => one.equipment.map(({ equipmentId }) => equipmentId)))
  const owners = blocks.flatMap(({ surgeonId }) => surgeonId ?? [])
  const names = await theatre.names(clinicNo, [...new Set([...owners, ...cases.flatMap(peopleOf)])])
  return {
    status: 200 as const,
    body: {
      from: query.date,
      to,
      timezone: clinic.timezone,
      asOf: timeText(asOf),
      rooms: rooms.filter(({ id, active }) => active || usedRooms.has(id)),
      blocks: blocks.map(blockBody),
      cases: projectedCases(cases, asOf, { cases: delaying.cases, equipment }),
      people: [...names].map(([id, name]) => ({ id, name })),
      equipment: equipment.filter(({ id }) => usedEquipment.has(id)),
    },
  }
}

/** The people of a case, including those who were relieved. */
function peopleOf({ surgeonId, anaesthetistId, staffIds, allocations }: Case): string[] {
  const taken = allocations.filter(({ kind }) => kind === 'anaesthetist' || kind === 'staff')
  const team = anaesthetistId === null ? staffIds : [anaesthetistId, ...staffIds]
  return [surgeonId, ...team, ...taken.map(({ resourceId }) => resourceId)]
}

/** What to look for, and where the request has it. @throws ProblemError */
async function suggestQuery(
  { engine: { theatre } }: RestDeps,
  clinic: Clinic,
  body: SuggestionQueryBody,
): Promise<{ query: SuggestQuery; at: string }> {
  const { requestId, caseId, needs, roomIds = null, from, to, limit = 10, stepMinutes = 5 } = body
  if ([requestId, caseId, needs].filter((one) => one !== undefined).length !== 1) {
    throw invalidRequest([{ path: '/', message: 'must have exactly one of requestId, caseId and needs' }])
  }
  if (body.surgeonId !== undefined && requestId === undefined) {
    throw invalidRequest([{ path: '/surgeonId', message: 'must be sent together with requestId' }])
  }
  const where = { clinicNo: clinic.no, from, to, limit, stepMinutes, blockId: null }
  if (requestId !== undefined) {
    const request = clinicNoIn(requestId) === clinic.no ? await theatre.caseRequest(requestId) : null
    if (request === null) throw caseRequestNotFound(requestId)
    const surgeonId = request.surgeonId ?? body.surgeonId
    if (surgeonId === undefined) {
      throw invalidRequest([{ path: '/surgeonId', message: 'is required: the request has no surgeon yet' }])
    }
    const mrn = request.patient?.mrn ?? null
    const rooms = roomIds ?? roomsOf(request)
    return { query: { ...where, ...needsOf(request), surgeonId, roomIds: rooms, mrn, exceptCaseId: null }, at: '' }
  }
  if (caseId !== undefined) {
    const found = clinicNoIn(caseId) === clinic.no ? await theatre.case(caseId) : null
    if (found === null) throw caseNotFound(caseId)
    const { surgeonId, patient } = found
    const mrn = patient?.mrn ?? null
    const rooms = roomIds ?? roomsOf(found.requestId === null ? null : await theatre.caseRequest(found.requestId))
    return { query: { ...where, ...needsOf(found), surgeonId, roomIds: rooms, mrn, exceptCaseId: caseId }, at: '' }
  }
  if (needs === undefined) throw new Error('One of requestId, caseId and needs was sent.')
  const { urgency = 'elective', anaesthetistId = null, staffIds = [], equipment = [], mrn } = needs
  const wanted = needsOf({ ...needs, urgency, anaesthetistId, staffIds, equipment })
  const query = { ...where, ...wanted, surgeonId: needs.surgeonId, roomIds, mrn: mrn?.trim() ?? null }
  return { query: { ...query, exceptCaseId: null }, at: '/needs' }
}

/** The room that a request needs; null: any. */
function roomsOf(request: CaseRequest | null): string[] | null {
  return request?.roomId == null ? null : [request.roomId]
}

type Needs = Pick<SuggestQuery, 'minutes' | 'service' | 'urgency' | 'anaesthetistId' | 'staffIds' | 'equipment'>

function needsOf({ minutes, service, urgency, anaesthetistId, staffIds, equipment }: Needs): Needs {
  return { minutes, service, urgency, anaesthetistId, staffIds, equipment }
}
