import { accountOperations } from '@holdfast/contract'
import type { FastifyInstance } from 'fastify'
import type { KnownBrowsers } from '../../accounts/attempts/known-browsers.ts'
import type { PasswordLinks } from '../../accounts/passwords/password-links.ts'
import type { Passwords } from '../../accounts/passwords/passwords.ts'
import { networkPrefix } from '../../audit/network-prefix.ts'
import { problem } from '../../edge/errors/problem-error.ts'
import type { AccountMails } from '../../messages/account-mails/account-mails.ts'
import { changeNotice } from './change-notice.ts'
import { refuseGuessable, refuseWhenOverloaded } from './new-password-refusals.ts'
import { serveAccount } from './serve-account.ts'

export type PasswordResetDeps = {
  accounts: PasswordLinks
  knownBrowsers: KnownBrowsers
  passwords: Pick<Passwords, 'isOverloaded'>
  mails: AccountMails
  publicUrl: string
}

const lenient = { authentication: 'lenient' } as const

/** Asking for a link to choose a new password, and using it. */
export async function passwordResetRoutes(app: FastifyInstance, deps: PasswordResetDeps): Promise<void> {
  // The response, and the time until it, are the same whether the address has an account or not: the request is stored,
  // and processed afterwards.
  serveAccount(app, accountOperations.requestPasswordReset, lenient, async (request, reply) => {
    const { email, language = 'en' } = request.body
    if (!deps.mails.isAvailable) throw problem('mail_unavailable', 'This server sends no e-mails.')
    await app.rateLimits.countSignInRequest(request, reply, null)
    await app.rateLimits.countPasswordLinkRequest(request, reply)
    const network = networkPrefix(request.ip)
    await deps.mails.request('password_reset_request', { email, language, network })
    return { status: true }
  })

  serveAccount(
    app,
    accountOperations.resetPassword,
    { ...lenient, ifLost: 'Sign in with the new password; if it is refused, ask for another link.' },
    async (request, reply) => {
      const { token, newPassword } = request.body
      const account = await deps.accounts.byPasswordReset(token)
      request.subjectAccountId = account?.id ?? null
      refuseGuessable('newPassword', newPassword, account === null ? [] : [account.email, account.name])
      refuseWhenOverloaded(deps.passwords)
      const count = await app.rateLimits.countSignIn(request, reply, null)
      const notice = changeNotice(deps, 'password')
      const outcome = await deps.accounts.resetPassword(token, newPassword, notice).catch(async (error: unknown) => {
        await count.giveBack()
        throw error
      })
      if (outcome.kind === 'link_used')
        throw problem('link_used', 'The link was used, has expired, or is not complete.')
      // A clinic's people use one address.
      await count.giveBack()
      if (account !== null) {
        const known = deps.knownBrowsers.setCookie(request.headers.cookie, { id: account.id, mark: outcome.mark })
        void reply.header('set-cookie', known)
      }
      return { status: true, passkeys: outcome.passkeys }
    },
  )
}
