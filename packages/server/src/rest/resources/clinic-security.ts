import { restOperations } from '@holdfast/contract'
import { problem } from '../../edge/errors/problem-error.ts'
import { retentionKindBodies } from '../responses/bodies/retention-kind-bodies.ts'
import { timeOrNull } from '../responses/bodies/time-text.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'

/** How a clinic's people have to sign in, and when its patients are erased. */
export function serveClinicSecurity(serve: Serve, { engine: { directory }, storedFor }: RestDeps): void {
  serve(restOperations.getClinicSecurity, async ({ granted: { clinic } }) => ({
    status: 200,
    body: { rolesNeedSecondFactor: await directory.rolesNeedSecondFactor(clinic.no) },
  }))

  serve(restOperations.getRetention, async ({ query, granted: { clinic } }) => {
    const { months = null, messageDays = null } = query
    const { startsAt, ...retention } = await directory.retention(clinic.no, { months, messageDays })
    const kinds = retentionKindBodies(clinic.settings, storedFor)
    return { status: 200, body: { ...retention, startsAt: timeOrNull(startsAt), kinds } }
  })

  serve(
    restOperations.updateClinicSecurity,
    async ({ body, granted: { clinic, actor } }) => {
      // Otherwise the only admin could lock themselves out.
      if (body.rolesNeedSecondFactor && !actor.hasSecondFactor) {
        const message = 'Set up a second factor for your own account, and sign in with it, before you require one.'
        throw problem('second_factor_required', message)
      }
      await directory.setRolesNeedSecondFactor(clinic.no, body.rolesNeedSecondFactor)
      return { status: 200, body }
    },
    {
      audit: ({ body }) => ({
        details: ['rolesNeedSecondFactor', body.rolesNeedSecondFactor ? 'on' : 'off'],
      }),
    },
  )
}
