import { restOperations } from '@holdfast/contract'
import { type NewClinic, UnknownTimeZone } from '@holdfast/engine'
import type { FastifyInstance } from 'fastify'
import { problem } from '../edge/problem-error.ts'
import { invalidRequest } from '../edge/validator.ts'
import { requireAccount } from './access.ts'
import { clinicBody } from './bodies/clinic-body.ts'
import { writeKeyOf } from './idempotency.ts'
import { refusalProblem } from './outcome-problems.ts'
import { clinicNotFound, requireClinic } from './require-clinic.ts'
import type { RestDeps } from './rest-deps.ts'
import { serve } from './route.ts'

/** Clinics: everybody reads them, the site administrator makes them, their admins change them. */
export function serveClinics(app: FastifyInstance, deps: RestDeps): void {
  const { directory } = deps.engine

  serve(app, restOperations.listClinics, async ({ query }) => {
    const page = await directory.clinics({ q: query.q || null, limit: query.limit, cursor: query.cursor ?? null })
    return { status: 200, body: { items: page.items.map(clinicBody), nextCursor: page.nextCursor } }
  })

  serve(app, restOperations.getClinic, async ({ params }) => {
    const clinic = await directory.clinic(params.clinicId)
    if (clinic === null) throw clinicNotFound(params.clinicId)
    return { status: 200, body: clinicBody(clinic) }
  })

  serve(app, restOperations.createClinic, async ({ body, principal, request }) => {
    if (!requireAccount(principal).siteAdministrator) {
      throw problem('forbidden', 'Clinics are made by the site administrator.')
    }
    const clinic: NewClinic = {
      name: body.name.trim(),
      timezone: body.timezone,
      address: body.address ?? null,
      phone: body.phone ?? null,
      settings: { holdSeconds: deps.holdSecondsDefault, ...body.settings },
    }
    const outcome = await directory
      .createClinic(clinic, writeKeyOf(request, 'createClinic'))
      .catch((error: unknown) => throwReadable(error))
    if (outcome.kind === 'key_reused') throw refusalProblem(outcome)
    return { status: outcome.kind === 'replayed' ? 200 : 201, body: clinicBody(outcome.value) }
  })

  serve(app, restOperations.updateClinic, async ({ params, body, principal }) => {
    const { clinic } = await requireClinic(deps, principal, params.clinicId, ['admin'])
    const change = body.name === undefined ? body : { ...body, name: body.name.trim() }
    const changed = await directory.updateClinic(clinic.id, change).catch((error: unknown) => throwReadable(error))
    if (changed === null) throw clinicNotFound(params.clinicId)
    return { status: 200, body: clinicBody(changed) }
  })
}

function throwReadable(error: unknown): never {
  if (error instanceof UnknownTimeZone) throw invalidRequest([{ path: '/timezone', message: error.message }])
  throw error
}
