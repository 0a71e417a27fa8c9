import { restOperations } from '@holdfast/contract'
import { problem } from '../../edge/errors/problem-error.ts'
import { timeText } from '../responses/bodies/time-text.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'

/** How a clinic's people have to sign in, and when its patients are erased. */
export function serveClinicSecurity(serve: Serve, { engine: { directory } }: RestDeps): void {
  serve(restOperations.getClinicSecurity, async ({ granted: { clinic } }) => ({
    status: 200,
    body: { rolesNeedSecondFactor: await directory.rolesNeedSecondFactor(clinic.no) },
  }))

  serve(restOperations.getRetention, async ({ query, granted: { clinic } }) => {
    const { months, startsAt, due } = await directory.retention(clinic.no, query.months ?? null)
    return { status: 200, body: { months, startsAt: startsAt === null ? null : timeText(startsAt), due } }
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
