import type { FastifyInstance } from 'fastify'
import type { AuditRecorder } from '../../audit/audit-recorder.ts'
import { changePasswordRoute } from './change-password-route.ts'
import { emailRoutes } from './email-routes.ts'
import type { LibraryDeps } from './library.ts'
import { libraryRoutes } from './library-routes.ts'
import { passwordResetRoutes } from './password-reset-routes.ts'
import { recordAccountEvents } from './record-account-events.ts'
import type { SecondFactorDeps } from './second-factor-deps.ts'
import { secondFactorRoutes } from './second-factor-routes.ts'
import { secondStepRoutes } from './second-step-routes.ts'
import { sessionRoutes } from './session-routes.ts'
import { signInRoute } from './sign-in-route.ts'
import { signUpRoute } from './sign-up-route.ts'

export type AuthRoutesDeps = SecondFactorDeps &
  LibraryDeps & {
    audit: Pick<AuditRecorder, 'record'>
    corsOrigins: readonly string[]
  }

/** The accounts API under /api/auth: better-auth with this server's rate limits, validation and problem documents. */
export async function authRoutes(app: FastifyInstance, deps: AuthRoutesDeps): Promise<void> {
  app.decorateRequest('subjectAccountId', null)
  recordAccountEvents(app, deps.audit)
  app.addHook('onRoute', (route) => {
    if (route.config?.operationId === undefined) throw new Error(`serveAccount did not add ${route.url}.`)
  })
  await app.register(signUpRoute, deps)
  await app.register(signInRoute, deps)
  await app.register(secondStepRoutes, deps)
  await app.register(libraryRoutes, deps)
  await app.register(sessionRoutes, deps)
  await app.register(changePasswordRoute, deps)
  await app.register(passwordResetRoutes, deps)
  await app.register(emailRoutes, deps)
  await app.register(secondFactorRoutes, deps)
}
