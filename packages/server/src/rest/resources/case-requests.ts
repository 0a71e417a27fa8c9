import { restOperations } from '@holdfast/contract'
import type { CaseRequestChange, NewCaseRequest } from '@holdfast/engine'
import { localDay } from '@holdfast/vocabulary'
import { networkPrefix } from '../../audit/network-prefix.ts'
import { searchOf } from '../../audit/search-of.ts'
import { invalidRequest } from '../../edge/bodies/validator.ts'
import { afterCommit } from '../../edge/errors/after-commit.ts'
import { problem } from '../../edge/errors/problem-error.ts'
import { surgeonOfLists } from '../guards/reach-case.ts'
import { caseRequestBody } from '../responses/bodies/case-body.ts'
import { writeKeyOf } from '../responses/idempotency.ts'
import { refusalProblem } from '../responses/outcome-problems.ts'
import { resourceNotFound, theatreProblem } from '../responses/theatre-problems.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Input, Serve } from '../serve.ts'
import { theatrePatient } from './theatre-patient.ts'

/** The waitlist: staff, admins, and doctors for cases of which they are the surgeon. */
export function serveCaseRequests(serve: Serve, { audit, now, engine: { theatre } }: RestDeps): void {
  serve(
    restOperations.listCaseRequests,
    async ({ query, granted: { clinic, actor } }) => {
      const { status = null, limit, cursor = null, q: text = '', ...filter } = query
      const surgeonId = surgeonOfLists(actor)
      const list = { clinicNo: clinic.no, status, surgeonId, filter: { text, ...filter } }
      const page = await theatre.caseRequestsPage({ ...list, limit, cursor })
      return { status: 200, body: { items: page.items.map(caseRequestBody), nextCursor: page.nextCursor } }
    },
    {
      audit: ({ query: { q = '', service = '' } }) => searchOf(service === '' ? q : `${q} in ${service}`, 'theatre'),
    },
  )

  serve(restOperations.createCaseRequest, async (input) => {
    const { granted, key, request } = input
    const { clinic, actor } = granted
    const wanted = wantedOf(input, now())
    const writeKey = writeKeyOf(key, `createCaseRequest ${clinic.id}`, wanted)
    const { accountId: createdBy } = actor
    const mayChangePatient = actor.role !== 'doctor'
    const today = localDay(now(), clinic.timezone)
    const by = { createdBy, mayChangePatient, today }
    const outcome = await theatre.createCaseRequest(clinic.no, { ...wanted, ...by }, writeKey)
    if (outcome.kind === 'key_reused') throw refusalProblem(outcome)
    if (outcome.value.kind === 'due_in_past') {
      throw invalidRequest([{ path: '/dueOn', message: `must not be before today, ${today}` }])
    }
    if (outcome.value.kind === 'patient_mismatch') {
      // This records callers who try record numbers to find out whose they are.
      if (!mayChangePatient) {
        const details = ['createCaseRequest', 'patient'] as const
        audit.record({
          kind: 'denied',
          clinicNo: clinic.no,
          actorId: createdBy,
          network: networkPrefix(request.ip),
          details,
        })
      }
      throw problem('patient_mismatch', 'The clinic knows this record number with another name or birth date.')
    }
    if (outcome.value.kind === 'resource_missing') {
      const path = outcome.value.path.startsWith('/') ? outcome.value.path : `/${outcome.value.path}`
      throw resourceNotFound(path, String(valueAt(wanted, path)))
    }
    const { id } = outcome.value
    const created = await afterCommit(() => theatre.caseRequest(id))
    if (created === null) throw new Error(`The request ${id} was not found after it was created.`)
    return { status: outcome.kind === 'replayed' ? 200 : 201, body: caseRequestBody(created) }
  })

  serve(restOperations.getCaseRequest, ({ granted: { found } }) => ({ status: 200, body: caseRequestBody(found) }))

  serve(restOperations.changeCaseRequest, async (input) => {
    const { requestId } = input.params
    const outcome = await theatre.changeCaseRequest(requestId, input.body.version, changeOf(input))
    switch (outcome.kind) {
      case 'done':
      case 'unchanged': {
        const changed = await afterCommit(() => theatre.caseRequest(requestId))
        if (changed === null) throw new Error(`The request ${requestId} was not found after it was changed.`)
        return { status: 200, body: caseRequestBody(changed), isRepeated: outcome.kind === 'unchanged' }
      }
      case 'request_scheduled':
        throw requestScheduled()
      case 'due_in_past':
        throw invalidRequest([{ path: '/dueOn', message: 'must not be before today' }])
      default:
        throw theatreProblem(outcome)
    }
  })

  serve(restOperations.withdrawCaseRequest, async ({ params: { requestId }, granted: { found } }) => {
    if (found.status === 'withdrawn') return { status: 204, body: undefined, isRepeated: true }
    const isWithdrawn = found.status === 'open' && (await theatre.withdrawCaseRequest(requestId))
    if (!isWithdrawn) throw requestScheduled()
    return { status: 204, body: undefined }
  })
}

function requestScheduled() {
  return problem('case_request_scheduled', 'A case fulfils this request.')
}

/** Of a doctor, the surgeon is the one that the request has. */
function changeOf({ body, field: surgeonId }: Input<typeof restOperations.changeCaseRequest>): CaseRequestChange {
  const { procedure, note } = body
  return {
    service: body.service?.trim(),
    procedure: procedure && { code: procedure.code.trim(), display: procedure.display.trim() },
    minutes: body.minutes,
    urgency: body.urgency,
    dueOn: body.dueOn,
    roomId: body.roomId,
    surgeonId,
    anaesthetistId: body.anaesthetistId,
    staffIds: body.staffIds,
    equipment: body.equipment,
    note: note === undefined ? undefined : note?.trim() || null,
  }
}

function wantedOf(
  { body, granted: { actor }, field: surgeonId = null }: Input<typeof restOperations.createCaseRequest>,
  now: Date,
): NewCaseRequest {
  return {
    patient: theatrePatient(body.patient, actor, now),
    service: body.service.trim(),
    procedure: { code: body.procedure.code.trim(), display: body.procedure.display.trim() },
    minutes: body.minutes,
    urgency: body.urgency ?? 'elective',
    dueOn: body.dueOn ?? null,
    roomId: body.roomId ?? null,
    surgeonId,
    anaesthetistId: body.anaesthetistId ?? null,
    staffIds: body.staffIds ?? [],
    equipment: body.equipment ?? [],
    note: body.note ?? null,
  }
}

/** What a JSON pointer points to. */
function valueAt(value: unknown, pointer: string): unknown {
  return pointer
    .slice(1)
    .split('/')
    .reduce<unknown>((inner, name) => (inner as Record<string, unknown> | null | undefined)?.[name], value)
}
