import type { AuditDetail, AuditKind } from '@holdfast/contract'
import type { MessageLanguage } from '@holdfast/engine'
import type { FastifyInstance } from 'fastify'
import type { PoolClient } from 'pg'
import { type EmailChange, type EmailLink, emailLinkHours, undoHours } from '../../accounts/email-links.ts'
import type { AuditRecorder } from '../../audit/audit-recorder.ts'
import { networkPrefix } from '../../audit/network-prefix.ts'
import { isOutcomeUnknown } from '../../edge/error-handler.ts'
import { problem } from '../../edge/problem-error.ts'
import { noticeHours } from '../../messages/account-mails.ts'
import type { AnswerRequest } from '../../messages/answer-account-requests.ts'
import { authBodies } from './auth-bodies.ts'
import { callerOf } from './caller.ts'
import { requireConfirmation } from './confirm-change.ts'
import type { SecondFactorDeps } from './second-factor-deps.ts'
import { emptyBody } from './second-step-routes.ts'

export type EmailRoutesDeps = SecondFactorDeps & { audit: Pick<AuditRecorder, 'record'> }

type ChangeBody = { newEmail: string; password?: string; language?: MessageLanguage }

const config = { admission: 'lenient' } as const

/** The e-mail address of the caller's account: confirming it, changing it, and undoing a change. */
export async function emailRoutes(app: FastifyInstance, deps: EmailRoutesDeps): Promise<void> {
  const { accounts, audit } = deps
  app.addHook('onRequest', async (_request, reply) => {
    void reply.header('cache-control', 'no-store')
  })
  app.get('/api/auth/email', { config }, async (request) => {
    const { account } = callerOf(request)
    return { ...(await accounts.emailStatus(account.accountId)), canSend: deps.mails.isAvailable }
  })

  app.post<{ Body: { language?: MessageLanguage } }>(
    '/api/auth/send-verification-email',
    { config, schema: { body: authBodies.sendVerificationEmail }, preValidation: emptyBody },
    async (request) => {
      const { account } = callerOf(request)
      await sendEmailLink(deps, account.accountId, { newEmail: null, language: request.body.language ?? 'en' })
      return { status: true }
    },
  )

  // Nothing is sent to an address that has an account, and the response does not reveal whether one has.
  app.post<{ Body: ChangeBody }>(
    '/api/auth/change-email',
    { config, schema: { body: authBodies.changeEmail } },
    async (request) => {
      const { newEmail, password, language = 'en' } = request.body
      const { account } = await requireConfirmation(request, deps, password)
      if (newEmail.trim().toLowerCase() === account.email) {
        const message = 'This is the address that the account has.'
        throw problem('invalid_request', message, { errors: [{ path: '/newEmail', message }] })
      }
      await sendEmailLink(deps, account.accountId, { newEmail, language })
      return { status: true }
    },
  )

  app.post<{ Body: { token: string } }>(
    '/api/auth/verify-email',
    { config, schema: { body: authBodies.verifyEmail } },
    async (request, reply) => {
      const { account } = callerOf(request)
      let kind: AuditKind = 'email_confirmed'
      const record = (details: AuditDetail[]) =>
        audit.record({ kind, actorId: account.accountId, network: networkPrefix(request.ip), details })
      const use = await accounts
        .useEmailLink(account.accountId, request.body.token, (transaction, change) => {
          kind = 'email_changed'
          return storeNotice(transaction, deps, change)
        })
        .catch((error: unknown) => {
          if (isOutcomeUnknown(error)) record(['outcome unknown'])
          throw error
        })
      if (use.kind === 'link_used') throw linkUsed('The link was used, has expired, or is for another account.')
      record([])
      // This browser is known for the new address.
      if (use.kind === 'changed') {
        void reply.header('set-cookie', deps.knownBrowsers.setCookie(request.headers.cookie, use.email))
      }
      return { status: true, email: use.email, isChanged: use.kind === 'changed' }
    },
  )

  app.post<{ Body: { token: string } }>(
    '/api/auth/undo-email-change',
    { config, schema: { body: authBodies.undoEmailChange } },
    async (request) => {
      const { token } = request.body
      const accountId = await accounts.byEmailUndo(token)
      request.subjectAccountId = accountId
      const isDone = accountId !== null && (await accounts.undoEmailChange(accountId, token))
      if (!isDone) throw linkUsed('The link was used, has expired, or is not complete.')
      return { status: true }
    },
  )
}

/** @throws ProblemError mail_unavailable, rate_limited */
async function sendEmailLink(
  deps: Pick<EmailRoutesDeps, 'accounts' | 'mails' | 'publicUrl'>,
  accountId: string,
  request: { newEmail: string | null; language: MessageLanguage },
): Promise<void> {
  const { accounts, mails } = deps
  if (!mails.isAvailable) throw problem('mail_unavailable', 'This server sends no e-mails.')
  const link = await accounts.createEmailLink(accountId, request, (transaction, created) =>
    storeLink(transaction, deps, created, request),
  )
  if (link.kind === 'too_soon') {
    const { retryAfterSeconds } = link
    throw problem('rate_limited', 'Such an e-mail was sent a moment ago.', { retryAfterSeconds })
  }
}

/**
 * Answers the stored request of a sign-up: a mail with a link that confirms the address of the new account, or a notice
 * for the owner of the one that had the address before.
 */
export function createNewAccountAnswer(
  deps: Pick<EmailRoutesDeps, 'accounts' | 'mails' | 'publicUrl'>,
): AnswerRequest<'confirm_email_request'> {
  const { accounts, mails, publicUrl } = deps
  return async ({ accountId, email, language }, { done }) => {
    if ((await accounts.userById(accountId)) !== null) {
      const request = { newEmail: null, language }
      await accounts.createEmailLink(accountId, request, async (transaction, link) => {
        await done(transaction)
        await storeLink(transaction, deps, link, request)
      })
      return
    }
    if (email === undefined) return
    await accounts.noteSignUp(email, async (transaction, address) => {
      await done(transaction)
      const context = { site: new URL(publicUrl).host, signInUrl: `${publicUrl}/sign-in` }
      const to = { address, language, clinicNo: null }
      await mails.store(transaction, { kind: 'address_in_use', to, context }, noticeHours)
    })
  }
}

/** To an address that has an account, too: such a mail is dropped when it is to be sent. */
function storeLink(
  transaction: PoolClient,
  { mails, publicUrl }: Pick<EmailRoutesDeps, 'mails' | 'publicUrl'>,
  { email: address, token }: EmailLink,
  { newEmail, language }: { newEmail: string | null; language: MessageLanguage },
): Promise<void> {
  const url = `${publicUrl}/confirm-email#${token}`
  const context = { url, hours: emailLinkHours, site: new URL(publicUrl).host, isChange: newEmail !== null }
  const to = { address, language, clinicNo: null }
  return mails.store(transaction, { kind: 'confirm_email', to, context }, emailLinkHours)
}

/** For the earlier address. */
async function storeNotice(
  transaction: PoolClient,
  { mails, publicUrl }: Pick<EmailRoutesDeps, 'mails' | 'publicUrl'>,
  { previous: address, undoToken, language }: EmailChange,
): Promise<void> {
  if (!mails.isAvailable) return
  const undo = undoToken === null ? null : { url: `${publicUrl}/undo-email#${undoToken}`, hours: undoHours }
  const context = { site: new URL(publicUrl).host, undo }
  await mails.store(
    transaction,
    { kind: 'email_changed', to: { address, language, clinicNo: null }, context },
    undoHours,
  )
}

function linkUsed(message: string) {
  return problem('link_used', message)
}
