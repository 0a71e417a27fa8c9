import { restOperations } from '@holdfast/contract'
import { type Clinic, clinicNoIn, type NewClinic, UnknownTimeZone } from '@holdfast/engine'
import { clinicTag, directoryTag } from '../../cache/changes.ts'
import { invalidRequest } from '../../edge/bodies/validator.ts'
import { clinicNotFound } from '../guards/require-clinic.ts'
import { clinicBody } from '../responses/bodies/clinic-body.ts'
import { idIn } from '../responses/bodies/id-in.ts'
import { cachedRead } from '../responses/cached-read.ts'
import { writeKeyOf } from '../responses/idempotency.ts'
import { refusalProblem } from '../responses/outcome-problems.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'
import { externalIdIn, sentExternalIds, withStoredIds } from './external-ids.ts'

/** Clinics: everybody reads them, the site administrator creates them, their admins change them. */
export function serveClinics(serve: Serve, deps: RestDeps): void {
  const { directory } = deps.engine
  const bodyOf = (clinic: Clinic) =>
    clinicBody(clinic, { emails: deps.confirmationTokens !== null, sms: deps.sendsSms })

  serve(restOperations.listClinics, ({ query, request }) => {
    const { limit } = query
    const externalId = externalIdIn(query)
    const [q, cursor] = [query.q || null, query.cursor ?? null]
    return cachedRead(deps, request, {
      isList: true,
      isOfAllClinics: true,
      key: `clinics ${JSON.stringify([q, externalId, limit, cursor])}`,
      async load() {
        const page = await directory.clinics({ q, externalId, limit, cursor })
        return { body: { items: page.items.map(bodyOf), nextCursor: page.nextCursor }, tags: [directoryTag] }
      },
    })
  })

  serve(restOperations.getClinic, ({ params, request }) => {
    const { clinicId } = params
    const clinicNo = clinicNoIn(clinicId)
    if (clinicNo === null) throw clinicNotFound(clinicId)
    return cachedRead(deps, request, {
      isList: false,
      key: `clinic ${clinicId}`,
      async load() {
        const clinic = await directory.clinic(clinicId)
        if (clinic === null) throw clinicNotFound(clinicId)
        return { body: bodyOf(clinic), tags: [clinicTag(clinicNo)] }
      },
    })
  })

  serve(
    restOperations.createClinic,
    async ({ body, key }) => {
      const clinic: NewClinic = {
        ...withStoredIds(body),
        name: body.name.trim(),
        settings: { holdSeconds: deps.holdSecondsDefault, ...body.settings },
      }
      const outcome = await directory
        .createClinic(clinic, writeKeyOf(key, 'createClinic', body))
        .catch((error: unknown) => throwWithField(error))
      if (outcome.kind === 'key_reused') throw refusalProblem(outcome)
      return { status: outcome.kind === 'replayed' ? 200 : 201, body: bodyOf(outcome.value) }
    },
    {
      audit: (_input, created) => {
        const clinicId = idIn(created)
        // If the number is not known, the entry is for the site's administrators alone.
        return { clinicNo: clinicId === null ? 0 : clinicNoIn(clinicId) }
      },
    },
  )

  serve(
    restOperations.updateClinic,
    async ({ query: { withSlots }, body, field: externalIds, granted: { clinic } }) => {
      const { externalIds: _, ...others } = body as typeof body & { externalIds?: unknown }
      const sent = { ...others, ...sentExternalIds({ externalIds }) }
      const named = body.name === undefined ? sent : { ...sent, name: body.name.trim() }
      const outcome = await directory
        .updateClinic(clinic.id, { ...named, withSlots })
        .catch((error: unknown) => throwWithField(error))
      if (outcome.kind === 'clinic_missing') throw clinicNotFound(clinic.id)
      if (outcome.kind !== 'done') throw refusalProblem(outcome)
      return { status: 200, body: bodyOf(outcome.clinic) }
    },
  )
}

function throwWithField(error: unknown): never {
  if (error instanceof UnknownTimeZone) throw invalidRequest([{ path: '/timezone', message: error.message }])
  throw error
}
