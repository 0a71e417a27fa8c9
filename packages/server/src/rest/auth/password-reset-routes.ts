import type { MessageLanguage } from '@holdfast/engine'
import type { FastifyInstance } from 'fastify'
import type { Accounts } from '../../accounts/accounts.ts'
import type { Passkeys } from '../../accounts/passkeys.ts'
import type { PasswordLinks } from '../../accounts/password-links.ts'
import type { Passwords } from '../../accounts/passwords.ts'
import type { AuditRecorder } from '../../audit/audit-recorder.ts'
import { networkPrefix } from '../../audit/network-prefix.ts'
import { problem } from '../../edge/problem-error.ts'
import type { AccountMails } from '../../messages/account-mails.ts'
import { authBodies } from './auth-bodies.ts'
import { refuseGuessable, refuseWhenOverloaded } from './new-password-refusals.ts'

export type PasswordResetDeps = {
  accounts: Pick<Accounts, 'byEmail'> & PasswordLinks
  passkeys: Pick<Passkeys, 'list'>
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
  // The response, and the time until it, are the same whether the address has an account or not: whatever is done is
  // done afterwards.
  app.post<{ Body: { email: string; language?: MessageLanguage } }>(
    '/api/auth/request-password-reset',
    { config: lenient, schema: { body: authBodies.requestPasswordReset } },
    async (request, reply) => {
      const { email, language = 'en' } = request.body
      if (deps.mails.passwordReset === null) throw problem('mail_unavailable', 'This server sends no e-mails.')
      await app.rateLimits.countSignInRequest(request, reply, null)
      await app.rateLimits.countPasswordLinkRequest(request, reply)
      const onError = (error: unknown) => request.log.error({ err: error }, 'a password could not be reset')
      setImmediate(() => void sendLink(deps, { email, language, network: networkPrefix(request.ip) }).catch(onError))
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
      const { kind } = await deps.accounts.resetPassword(token, newPassword).catch(async (error: unknown) => {
        await count.giveBack()
        throw error
      })
      if (kind === 'link_used') throw problem('link_used', 'The link was used, has expired, or is not complete.')
      // A clinic's people use one address.
      await count.giveBack()
      void reply.header('cache-control', 'no-store')
      const passkeys = account === null ? [] : await deps.passkeys.list(account.id)
      return { status: true, passkeys: passkeys.map(({ name }) => name) }
    },
  )
}

type LinkRequest = { email: string; language: MessageLanguage; network: string | null }

/** The pause between two mails is counted by account, in the database: whoever asks, and on whatever server. */
async function sendLink(deps: PasswordResetDeps, { email, language, network }: LinkRequest): Promise<void> {
  const { accounts, mails, audit, publicUrl } = deps
  const account = await accounts.byEmail(email)
  const link = account === null ? null : await accounts.createMailedPasswordReset(account.id)
  if (account === null || link === null) return
  audit.record({ kind: 'password_link_created', subjectId: account.id, network, details: ['by e-mail'] })
  const url = `${publicUrl}/reset-password#${link.token}`
  const context = { url, hours, site: new URL(publicUrl).host }
  const isSent = await mails.passwordReset?.({ address: account.email, language }, context)
  // Nobody has it, and it would count.
  if (isSent !== true) await accounts.voidPasswordReset(link.token)
}
