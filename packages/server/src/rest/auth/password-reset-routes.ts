import type { MessageLanguage } from '@holdfast/engine'
import type { FastifyInstance } from 'fastify'
import type { Accounts } from '../../accounts/accounts.ts'
import type { PasswordLinks } from '../../accounts/password-links.ts'
import type { Passwords } from '../../accounts/passwords.ts'
import type { AuditRecorder } from '../../audit/audit-recorder.ts'
import { networkPrefix } from '../../audit/network-prefix.ts'
import { problem } from '../../edge/problem-error.ts'
import type { AccountMails } from '../../messages/account-mails.ts'
import type { AnswerRequest } from '../../messages/answer-account-requests.ts'
import { authBodies } from './auth-bodies.ts'
import { refuseGuessable, refuseWhenOverloaded } from './new-password-refusals.ts'

export type PasswordResetDeps = {
  accounts: Pick<Accounts, 'byEmail'> & PasswordLinks
  passwords: Pick<Passwords, 'isOverloaded'>
  mails: AccountMails
  audit: Pick<AuditRecorder, 'record'>
  publicUrl: string
}

const hours = 24
const bodyBytesMax = 16_384
const lenient = { admission: 'lenient' } as const

/** Asking for a link to choose a new password, and using it. */
export async function passwordResetRoutes(app: FastifyInstance, deps: PasswordResetDeps): Promise<void> {
  // The response, and the time until it, are the same whether the address has an account or not: the request is stored,
  // and answered afterwards.
  app.post<{ Body: { email: string; language?: MessageLanguage } }>(
    '/api/auth/request-password-reset',
    { config: lenient, schema: { body: authBodies.requestPasswordReset } },
    async (request, reply) => {
      const { email, language = 'en' } = request.body
      if (!deps.mails.isAvailable) throw problem('mail_unavailable', 'This server sends no e-mails.')
      await app.rateLimits.countSignInRequest(request, reply, null)
      await app.rateLimits.countPasswordLinkRequest(request, reply)
      const network = networkPrefix(request.ip)
      await deps.mails.request('password_reset_request', { email, language, network })
      void reply.header('cache-control', 'no-store')
      return { status: true }
    },
  )

  app.post<{ Body: { token: string; newPassword: string } }>(
    '/api/auth/reset-password',
    { config: lenient, bodyLimit: bodyBytesMax, schema: { body: authBodies.resetPassword } },
    async (request, reply) => {
      const { token, newPassword } = request.body
      const account = await deps.accounts.byPasswordReset(token)
      request.subjectAccountId = account?.id ?? null
      refuseGuessable('newPassword', newPassword, account === null ? [] : [account.email, account.name])
      refuseWhenOverloaded(deps.passwords)
      const count = await app.rateLimits.countSignIn(request, reply, null)
      const outcome = await deps.accounts.resetPassword(token, newPassword).catch(async (error: unknown) => {
        await count.giveBack()
        throw error
      })
      if (outcome.kind === 'link_used')
        throw problem('link_used', 'The link was used, has expired, or is not complete.')
      // A clinic's people use one address.
      await count.giveBack()
      void reply.header('cache-control', 'no-store')
      return { status: true, passkeys: outcome.passkeys }
    },
  )
}

/**
 * Answers a stored request: a mail with a link, if the address has an account. The pause between two mails is counted
 * by account, in the database: whoever asks, and on whatever server.
 */
export function createPasswordResetAnswer({
  accounts,
  mails,
  audit,
  publicUrl,
}: Pick<PasswordResetDeps, 'accounts' | 'mails' | 'audit' | 'publicUrl'>): AnswerRequest<'password_reset_request'> {
  return async ({ email, language, network }, { done }) => {
    const account = await accounts.byEmail(email)
    if (account === null) return
    const link = await accounts.createMailedPasswordReset(account.id, async (transaction, { token }) => {
      await done(transaction)
      const context = { url: `${publicUrl}/reset-password#${token}`, hours, site: new URL(publicUrl).host }
      const to = { address: account.email, language, clinicNo: null }
      await mails.store(transaction, { kind: 'password_reset', to, context }, hours)
    })
    if (link === null) return
    audit.record({ kind: 'password_link_created', subjectId: account.id, network, details: ['by e-mail'] })
  }
}
