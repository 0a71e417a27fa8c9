import { type AuditDetail, type AuditKind, accountOperations, secondFactorOperations } from '@holdfast/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { AuditEntry } from '../../audit/audit-entry.ts'
import type { AuditRecorder } from '../../audit/audit-recorder.ts'
import { networkPrefix } from '../../audit/network-prefix.ts'
import { isOutcomeUnknown } from '../../edge/errors/error-handler.ts'

/**
 * What is recorded of a request to an endpoint: when it succeeded, when it was refused, when there were too many. If
 * its outcome is unknown, `succeeded` is recorded with the detail `outcome unknown`.
 * `about`: the account of the e-mail address in its body, or of `subjectAccountId`; absent: that of the credentials.
 */
type Recorded = {
  succeeded?: AuditKind
  refused?: AuditKind
  delayed?: AuditKind
  about?: 'email' | 'subject'
  detail?: AuditDetail
}

const path = (name: string) => `/api/auth/${name}`

const recorded = new Map<string, Recorded>([
  [path('sign-up/email'), { succeeded: 'sign_up', about: 'email' }],
  [
    path('sign-in/email'),
    { succeeded: 'sign_in', refused: 'sign_in_failed', delayed: 'sign_in_delayed', about: 'email' },
  ],
  [path('sign-out'), { succeeded: 'sign_out' }],
  [path('token'), { succeeded: 'token_issued' }],
  [
    path('change-password'),
    { succeeded: 'password_changed', refused: 'password_change_failed', delayed: 'password_change_failed' },
  ],
  [path('request-password-reset'), { succeeded: 'password_link_requested', about: 'email' }],
  [path('reset-password'), { succeeded: 'password_reset', refused: 'password_reset_failed', about: 'subject' }],
  [accountOperations.changeEmail.url, { succeeded: 'email_change_requested', detail: 'e-mail address' }],
  [
    path('undo-email-change'),
    { succeeded: 'email_change_undone', refused: 'email_change_undo_failed', about: 'subject' },
  ],
  [path('revoke-session'), { succeeded: 'sessions_ended', detail: 'one' }],
  [path('revoke-sessions'), { succeeded: 'sessions_ended', detail: 'all' }],
  [path('revoke-other-sessions'), { succeeded: 'sessions_ended', detail: 'others' }],
  [
    secondFactorOperations.signInWithCode.url,
    {
      succeeded: 'sign_in',
      refused: 'second_factor_failed',
      delayed: 'sign_in_delayed',
      about: 'subject',
      detail: 'code',
    },
  ],
  [
    secondFactorOperations.signInWithPasskey.url,
    {
      succeeded: 'sign_in',
      refused: 'sign_in_failed',
      delayed: 'sign_in_delayed',
      about: 'subject',
      detail: 'passkey',
    },
  ],
  [
    secondFactorOperations.confirmTotp.url,
    {
      succeeded: 'second_factor_changed',
      refused: 'second_factor_failed',
      delayed: 'second_factor_failed',
      detail: 'app added',
    },
  ],
  [secondFactorOperations.beginTotp.url, { detail: 'app added' }],
  [secondFactorOperations.getPasskeyCreation.url, { detail: 'passkey added' }],
  [secondFactorOperations.removeTotp.url, { succeeded: 'second_factor_changed', detail: 'app removed' }],
  [
    secondFactorOperations.createRecoveryCodes.url,
    { succeeded: 'second_factor_changed', detail: 'new recovery codes' },
  ],
  [
    secondFactorOperations.addPasskey.url,
    { succeeded: 'second_factor_changed', refused: 'second_factor_failed', detail: 'passkey added' },
  ],
  [secondFactorOperations.removePasskey.url, { succeeded: 'second_factor_changed', detail: 'passkey removed' }],
])

/** Whether such an operation has a rule, without which a wrong password at it has no detail. */
export function isRecorded(url: string): boolean {
  return recorded.has(url)
}

/** Records in the security log what happened to accounts, from the responses of the routes that `app` adds later. */
export function recordAccountEvents(app: FastifyInstance, audit: Pick<AuditRecorder, 'record'>): void {
  app.decorateRequest('subjectEmail', null)
  app.decorateRequest('mayHaveWritten', false)
  app.decorateRequest('hasGuessedPassword', false)
  // After the validation: a request can be refused for its number before, and its body can then be anything.
  app.addHook('preHandler', (request, _reply, done) => {
    request.subjectEmail = emailOf(request.body)
    done()
  })
  app.addHook('onRoute', (route) => {
    const { handler } = route
    route.handler = async function (request, reply) {
      // Also while the handler runs: the response deadline does not end it.
      request.mayHaveWritten = true
      try {
        const body: unknown = await handler.call(this, request, reply)
        request.mayHaveWritten = false
        return body
      } catch (error) {
        request.mayHaveWritten = isOutcomeUnknown(error)
        throw error
      }
    }
  })
  app.addHook('onResponse', (request, reply, done) => {
    const entry = entryOf(request, reply)
    if (entry !== null) audit.record({ ...entry, network: networkPrefix(request.ip) })
    done()
  })
}

function entryOf(request: FastifyRequest, reply: FastifyReply): AuditEntry | null {
  const { routeOptions, principal, subjectEmail: email } = request
  const rule = recorded.get(routeOptions.url ?? '')
  const isUnknown = reply.statusCode >= 500 && request.mayHaveWritten
  // A response at the deadline, before the check has ended, says nothing about the password.
  const hasGuessed = request.hasGuessedPassword && reply.statusCode < 500
  const kind = hasGuessed ? 'password_check_failed' : isUnknown ? rule?.succeeded : rule && kindOf(rule, reply)
  if (kind === undefined) return null
  const details: AuditDetail[] = rule?.detail === undefined ? [] : [rule.detail]
  if (isUnknown) details.push('outcome unknown')
  // Nobody knows then whether the password was right.
  const isSignedIn = kind === 'sign_in' && !isUnknown
  if (rule?.about === 'email') {
    // What was refused for its number may name anybody.
    if (email === null || kind === rule.delayed) return { kind, details }
    // The password was right, but no session began.
    const isAsked = isSignedIn && !reply.hasHeader('set-cookie')
    if (isAsked) return { kind: 'second_factor_asked', subjectEmail: email, details }
    return isSignedIn ? { kind, actorEmail: email, details } : { kind, subjectEmail: email, details }
  }
  if (rule?.about === 'subject') {
    const accountId = request.subjectAccountId
    return isSignedIn ? { kind, actorId: accountId, details } : { kind, subjectId: accountId, details }
  }
  return principal.kind === 'account' ? { kind, actorId: principal.accountId, details } : null
}

function kindOf({ succeeded, refused, delayed }: Recorded, { statusCode }: FastifyReply): AuditKind | undefined {
  if (statusCode < 300) return succeeded
  if (statusCode === 429) return delayed
  // A wrong password, or a link that is not valid any more. Malformed requests are neither.
  return statusCode === 401 || statusCode === 422 ? refused : undefined
}

function emailOf(body: unknown): string | null {
  const email = typeof body === 'object' && body !== null && 'email' in body ? body.email : null
  return typeof email === 'string' ? email.toLowerCase() : null
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The account that a link is for, or that signs in with a second factor; null: none. */
    subjectAccountId: string | null
    /** The e-mail address in a body that is valid. */
    subjectEmail: string | null
    /** The current password of the account was wrong, or was not checked after too many wrong ones. */
    hasGuessedPassword: boolean
    /** The route's handler still runs, or has failed with an unknown outcome. */
    mayHaveWritten: boolean
  }
}
