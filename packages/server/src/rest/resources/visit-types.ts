import { restOperations, type VisitTypeChangeBody } from '@holdfast/contract'
import { clinicNoIn, type Directory, type NewVisitType, type VisitType, type VisitTypeDoctor } from '@holdfast/engine'
import { visitTypeDefaults } from '@holdfast/vocabulary'
import { clinicTag } from '../../cache/changes.ts'
import { invalidRequest } from '../../edge/bodies/validator.ts'
import { actorIn } from '../guards/access.ts'
import { clinicNotFound } from '../guards/require-clinic.ts'
import { cachedRead } from '../responses/cached-read.ts'
import { writeKeyOf } from '../responses/idempotency.ts'
import { refusalProblem } from '../responses/outcome-problems.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'
import { havingExternalId, withStoredIds } from './external-ids.ts'
import { requireCurrency } from './require-currency.ts'
import { questionsOf, trimmedTexts } from './visit-questions.ts'

const missing = { kind: 'visit_type_missing' } as const
const ofMembers = { 'cache-control': 'no-store' }

/** What patients book at a clinic: everybody reads it, the clinic's admins add, change and switch it off. */
export function serveVisitTypes(serve: Serve, deps: RestDeps): void {
  const { directory } = deps.engine

  serve(restOperations.listVisitTypes, async ({ params: { clinicId }, query, granted: principal, request }) => {
    const clinicNo = clinicNoIn(clinicId)
    if (clinicNo === null) throw clinicNotFound(clinicId)
    if (actorIn(principal, clinicNo) !== null) {
      const items = havingExternalId(await visitTypesIn(directory, clinicId, clinicNo), query)
      return { status: 200, body: { items: items.map(visitTypeBody) }, headers: ofMembers }
    }
    return cachedRead(deps, request, {
      isList: true,
      key: `visit types ${JSON.stringify([clinicId, query.externalId])}`,
      async load() {
        const items = (await visitTypesIn(directory, clinicId, clinicNo)).filter(isForPatients)
        return { body: { items: havingExternalId(items, query).map(visitTypeBody) }, tags: [clinicTag(clinicNo)] }
      },
    })
  })

  serve(restOperations.getVisitType, async ({ params, granted: principal, request }) => {
    const clinicNo = clinicNoIn(params.clinicId)
    if (clinicNo === null) throw refusalProblem(missing)
    const find = async () => {
      const visitType = await directory.visitType(clinicNo, params.visitTypeId)
      if (visitType === null || visitType.clinicId !== params.clinicId) throw refusalProblem(missing)
      return visitTypeBody(visitType)
    }
    if (actorIn(principal, clinicNo) !== null) return { status: 200, body: await find(), headers: ofMembers }
    return cachedRead(deps, request, {
      isList: false,
      key: `visit type ${params.clinicId} ${params.visitTypeId}`,
      load: async () => ({ body: await find(), tags: [clinicTag(clinicNo)] }),
    })
  })

  serve(restOperations.combineVisitTypes, async ({ params: { clinicId }, body }) => {
    const clinicNo = clinicNoIn(clinicId)
    if (clinicNo === null || (await directory.clinic(clinicId)) === null) throw clinicNotFound(clinicId)
    const outcome = await directory.combination(clinicNo, body.visitTypeIds)
    if (outcome.kind !== 'done') throw refusalProblem(outcome)
    return { status: 200, body: visitTypeBody(outcome.visitType) }
  })

  serve(restOperations.createVisitType, async ({ body, granted: { clinic }, key }) => {
    const { name, minutes } = body
    const visitType: NewVisitType = { ...visitTypeDefaults, ...changeOf(body), name: name.trim(), minutes }
    const writeKey = writeKeyOf(key, `createVisitType ${clinic.id}`, body)
    const outcome = await directory.createVisitType(clinic.no, visitType, writeKey)
    if (!('visitType' in outcome)) throw refusalProblem(outcome)
    return { status: outcome.kind === 'replayed' ? 200 : 201, body: visitTypeBody(outcome.visitType) }
  })

  serve(restOperations.updateVisitType, async ({ params: { visitTypeId }, body, granted: { clinic } }) => {
    const outcome = await directory.updateVisitType(clinic.no, visitTypeId, changeOf(body))
    if (outcome.kind !== 'done') throw refusalProblem(outcome)
    return { status: 200, body: visitTypeBody(outcome.visitType) }
  })
}

/** Only combinations have `partIds`. */
function visitTypeBody({ partIds, ...visitType }: VisitType) {
  return partIds === null ? visitType : { ...visitType, partIds }
}

async function visitTypesIn(directory: Directory, clinicId: string, clinicNo: number): Promise<VisitType[]> {
  const [clinic, items] = await Promise.all([directory.clinic(clinicId), directory.visitTypes(clinicNo)])
  if (clinic === null) throw clinicNotFound(clinicId)
  return items
}

function isForPatients({ active, bookableBy }: VisitType): boolean {
  return active && bookableBy !== 'desk'
}

/** What a body sets; the others are left out. @throws ProblemError invalid_request */
function changeOf({ doctorIds, doctors, questions, ...rest }: VisitTypeChangeBody): Partial<NewVisitType> {
  requireCurrency(rest.fee)
  if (rest.needs !== undefined && !rest.needs.room && rest.needs.roomIds.length > 0) {
    throw invalidRequest([{ path: '/needs/roomIds', message: 'must be empty without room' }])
  }
  const { name, names, preparation } = rest
  const named = doctorsOf(doctorIds, doctors)
  return {
    ...withStoredIds(rest),
    ...(name === undefined ? {} : { name: name.trim() }),
    ...(names === undefined ? {} : { names: trimmedTexts(names) }),
    ...(preparation === undefined ? {} : { preparation: preparation?.trim() || null }),
    ...(named === undefined ? {} : { doctors: named }),
    ...(questions === undefined ? {} : { questions: questionsOf(questions) }),
  }
}

/** The doctors of a body; undefined: it names none. @throws ProblemError invalid_request */
function doctorsOf(
  doctorIds: VisitTypeChangeBody['doctorIds'],
  doctors: VisitTypeChangeBody['doctors'],
): VisitTypeDoctor[] | undefined {
  if (doctorIds !== undefined && doctors !== undefined) {
    throw invalidRequest([{ path: '/doctorIds', message: 'is allowed only without doctors' }])
  }
  const named: VisitTypeChangeBody['doctors'] = doctors ?? doctorIds?.map((doctorId) => ({ doctorId }))
  const seen = new Set<string>()
  return named?.map((doctor, index) => {
    const { doctorId, minutes = null, bufferBeforeMinutes = null, bufferAfterMinutes = null, fee = null } = doctor
    requireCurrency(fee, `/doctors/${index}/fee`)
    if (seen.has(doctorId)) {
      throw invalidRequest([{ path: `/doctors/${index}/doctorId`, message: 'is in the list already' }])
    }
    seen.add(doctorId)
    return { doctorId, minutes, bufferBeforeMinutes, bufferAfterMinutes, fee }
  })
}
