import { restOperations } from '@holdfast/contract'
import { type NewClinic, UnknownTimeZone } from '@holdfast/engine'
import type { FastifyInstance } from 'fastify'
import { clinicTag, directoryTag } from '../../cache/cache-tags.ts'
import { problem } from '../../edge/problem-error.ts'
import { invalidRequest } from '../../edge/validator.ts'
import { clinicBody } from '../answers/bodies/clinic-body.ts'
import { cachedRead } from '../answers/cached-read.ts'
import { writeKeyOf } from '../answers/idempotency.ts'
import { refusalProblem } from '../answers/outcome-problems.ts'
import { clinicNoIn, requireAccount } from '../guards/access.ts'
import { clinicNotFound, requireClinic } from '../guards/require-clinic.ts'
import type { RestDeps } from '../rest-deps.ts'
import { serve } from '../route.ts'

/** Clinics: everybody reads them, the site administrator makes them, their admins change them. */
export function serveClinics(app: FastifyInstance, deps: RestDeps): void {
  const { directory } = deps.engine

  serve(app, restOperations.listClinics, ({ query, request }) => {
    const { limit } = query
    const [q, cursor] = [query.q || null, query.cursor ?? null]
    return cachedRead(deps, request, {
      isList: true,
      key: `clinics ${JSON.stringify([q, limit, cursor])}`,
      tags: [directoryTag],
      async load() {
        const page = await directory.clinics({ q, limit, cursor })
        return { body: { items: page.items.map(clinicBody), nextCursor: page.nextCursor }, tags: [directoryTag] }
      },
    })
  })

  serve(app, restOperations.getClinic, ({ params, request }) => {
    const { clinicId } = params
    const clinicNo = clinicNoIn(clinicId)
    if (clinicNo === null) throw clinicNotFound(clinicId)
    const tags = [clinicTag(clinicNo)]
    return cachedRead(deps, request, {
      isList: false,
      key: `clinic ${clinicId}`,
      tags,
      async load() {
        const clinic = await directory.clinic(clinicId)
        if (clinic === null) throw clinicNotFound(clinicId)
        return { body: clinicBody(clinic), tags }
      },
    })
  })

  serve(
    app,
    restOperations.createClinic,
    async ({ body, principal, request }) => {
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
    },
    { keepsOwnKeys: true },
  )

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
