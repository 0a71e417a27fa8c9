import { restOperations } from '@holdfast/contract'
import type { NewDoctor } from '@holdfast/engine'
import type { FastifyInstance } from 'fastify'
import { problem } from '../edge/problem-error.ts'
import { invalidRequest, preview } from '../edge/validator.ts'
import { actorIn, clinicNoIn, requireCredential, requireRole } from './access.ts'
import { doctorBody } from './bodies/doctor-body.ts'
import { writeKeyOf } from './idempotency.ts'
import { refusalProblem } from './outcome-problems.ts'
import { clinicNotFound, requireClinic } from './require-clinic.ts'
import { doctorNotFound } from './require-doctor.ts'
import type { RestDeps } from './rest-deps.ts'
import { serve } from './route.ts'

const currencies = new Set(Intl.supportedValuesOf('currency'))

/** Doctors: everybody reads the active ones, admins add, change and deactivate them; nobody deletes them. */
export function serveDoctors(app: FastifyInstance, deps: RestDeps): void {
  const { directory } = deps.engine

  serve(app, restOperations.listDoctors, async ({ query, principal }) => {
    const clinicId = query.clinicId ?? null
    if (query.includeInactive) {
      if (clinicId === null) {
        throw invalidRequest([{ path: '/query/clinicId', message: 'is required together with includeInactive' }])
      }
      requireRole(principal, clinicId, ['doctor', 'staff', 'admin'], () => clinicNotFound(clinicId))
    }
    const page = await directory.doctors({
      clinicId,
      specialization: query.specialization || null,
      q: query.q || null,
      includeInactive: query.includeInactive,
      limit: query.limit,
      cursor: query.cursor ?? null,
    })
    return {
      status: 200,
      body: { items: page.items.map(doctorBody), nextCursor: page.nextCursor },
      ...(query.includeInactive ? { headers: { 'cache-control': 'no-store' } } : {}),
    }
  })

  serve(app, restOperations.getDoctor, async ({ params, principal }) => {
    const doctor = await directory.doctor(params.doctorId)
    const mayBeSeen = doctor?.active || actorIn(principal, clinicNoIn(params.doctorId)) !== null
    if (doctor === null || !mayBeSeen) throw doctorNotFound(params.doctorId)
    return {
      status: 200,
      body: doctorBody(doctor),
      ...(doctor.active ? {} : { headers: { 'cache-control': 'no-store' } }),
    }
  })

  serve(app, restOperations.listSpecializations, async () => {
    const specializations = await directory.specializations()
    return { status: 200, body: { items: specializations.filter(({ doctors }) => doctors > 0) } }
  })

  serve(app, restOperations.createDoctor, async ({ body, principal, request }) => {
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
  })

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

function requireCurrency(fee: { currency: string } | null | undefined): void {
  if (fee && !currencies.has(fee.currency)) {
    throw invalidRequest([{ path: '/fee/currency', message: `must be an ISO 4217 code, not ${preview(fee.currency)}` }])
  }
}
