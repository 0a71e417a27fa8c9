import { restOperations } from '@holdfast/contract'
import { clinicNoOf, type Doctor, type NewDoctor } from '@holdfast/engine'
import type { FastifyInstance } from 'fastify'
import { clinicTag, directoryTag, doctorTag } from '../../cache/cache-tags.ts'
import { problem } from '../../edge/problem-error.ts'
import { invalidRequest, preview } from '../../edge/validator.ts'
import { doctorBody } from '../answers/bodies/doctor-body.ts'
import { cachedRead } from '../answers/cached-read.ts'
import { writeKeyOf } from '../answers/idempotency.ts'
import { refusalProblem } from '../answers/outcome-problems.ts'
import { actorIn, clinicNoIn, requireCredential, requireRole } from '../guards/access.ts'
import { clinicNotFound, requireClinic } from '../guards/require-clinic.ts'
import { doctorNotFound } from '../guards/require-doctor.ts'
import type { RestDeps } from '../rest-deps.ts'
import { serve } from '../route.ts'

// A lapsing hold can bring the next free time forward, and nobody tells of it.
const nextAvailableStandsMs = 2_000

const currencies = new Set(Intl.supportedValuesOf('currency'))

/** Doctors: everybody reads the active ones, admins add, change and deactivate them; nobody deletes them. */
export function serveDoctors(app: FastifyInstance, deps: RestDeps): void {
  const { directory } = deps.engine

  serveDoctorList(app, deps)

  serve(app, restOperations.getDoctor, async ({ params, principal, request }) => {
    const { doctorId } = params
    const clinicNo = clinicNoIn(doctorId)
    if (clinicNo === null) throw doctorNotFound(doctorId)
    // Its own clinic sees an inactive doctor too; everybody else shares one answer.
    if (actorIn(principal, clinicNo) !== null) {
      const doctor = await directory.doctor(doctorId)
      if (doctor === null) throw doctorNotFound(doctorId)
      return { status: 200, body: doctorBody(doctor), headers: { 'cache-control': 'no-store' } }
    }
    const tags = [doctorTag(doctorId), clinicTag(clinicNo)]
    return cachedRead(deps, request, {
      isList: false,
      key: `doctor ${doctorId}`,
      tags,
      async load() {
        const doctor = await directory.doctor(doctorId)
        if (doctor === null || !doctor.active) throw doctorNotFound(doctorId)
        return { body: doctorBody(doctor), tags, standsMs: nextAvailableStandsMs }
      },
    })
  })

  serve(app, restOperations.listSpecializations, ({ request }) =>
    cachedRead(deps, request, {
      isList: true,
      key: 'specializations',
      tags: [directoryTag],
      async load() {
        const specializations = await directory.specializations()
        return { body: { items: specializations.filter(({ doctors }) => doctors > 0) }, tags: [directoryTag] }
      },
    }),
  )

  serve(
    app,
    restOperations.createDoctor,
    async ({ body, principal, request }) => {
      requireCredential(principal)
      const { clinic } = await requireClinic(deps, principal, body.clinicId, ['admin'])
      requireCurrency(body.fee)
      const doctor: NewDoctor = {
        name: body.name.trim(),
        specialization: body.specialization.trim(),
        experienceYears: body.experienceYears ?? null,
        rating: body.rating ?? null,
        languages: body.languages ?? [],
        fee: body.fee ?? null,
        appointmentTypes: body.appointmentTypes ?? ['in_person'],
      }
      const outcome = await directory.createDoctor(clinic.no, doctor, writeKeyOf(request, 'createDoctor'))
      if (outcome.kind === 'key_reused') throw refusalProblem(outcome)
      return { status: outcome.kind === 'replayed' ? 200 : 201, body: doctorBody(outcome.value) }
    },
    { keepsOwnKeys: true },
  )

  serve(app, restOperations.updateDoctor, async ({ params, body, principal }) => {
    requireRole(principal, params.doctorId, ['admin'], () => doctorNotFound(params.doctorId))
    requireCurrency(body.fee)
    const changed = await directory.updateDoctor(params.doctorId, {
      ...body,
      ...(body.name === undefined ? {} : { name: body.name.trim() }),
      ...(body.specialization === undefined ? {} : { specialization: body.specialization.trim() }),
    })
    if (changed === null) throw problem('doctor_not_found', `There is no doctor ${params.doctorId}.`)
    return { status: 200, body: doctorBody(changed) }
  })
}

function serveDoctorList(app: FastifyInstance, deps: RestDeps): void {
  const { directory } = deps.engine

  serve(app, restOperations.listDoctors, async ({ query, principal, request }) => {
    const clinicId = query.clinicId ?? null
    if (query.includeInactive) {
      if (clinicId === null) {
        throw invalidRequest([{ path: '/query/clinicId', message: 'is required together with includeInactive' }])
      }
      requireRole(principal, clinicId, ['doctor', 'staff', 'admin'], () => clinicNotFound(clinicId))
    }
    const sought = {
      clinicId,
      specialization: query.specialization || null,
      q: query.q || null,
      appointmentType: query.appointmentType ?? null,
      includeInactive: query.includeInactive,
      sort: query.sort,
      limit: query.limit,
      cursor: query.cursor ?? null,
    }
    const isSoonest = query.sort === 'soonest'
    const load = async () => {
      const page = await directory.doctors(sought)
      return {
        body: { items: page.items.map(doctorBody), nextCursor: page.nextCursor },
        tags: isSoonest ? [directoryTag] : [directoryTag, ...page.items.flatMap(tagsOfDoctor)],
        standsMs: nextAvailableStandsMs,
      }
    }
    if (query.includeInactive) {
      return { status: 200, body: (await load()).body, headers: { 'cache-control': 'no-store' } }
    }
    const plan = { isList: true, key: `doctors ${JSON.stringify(sought)}`, load }
    // Any booking anywhere may bring another doctor in or out: dropped by each, it would be loaded again all the time.
    const tags = isSoonest ? { tags: [directoryTag], isToldOfAll: false } : { tags: null }
    return cachedRead(deps, request, { ...plan, ...tags })
  })
}

function tagsOfDoctor(doctor: Doctor): string[] {
  return [doctorTag(doctor.id), clinicTag(clinicNoOf(doctor.id))]
}

function requireCurrency(fee: { currency: string } | null | undefined): void {
  if (fee && !currencies.has(fee.currency)) {
    throw invalidRequest([{ path: '/fee/currency', message: `must be an ISO 4217 code, not ${preview(fee.currency)}` }])
  }
}
