import type { MessageLanguage } from '@holdfast/vocabulary'
import { userAgentName } from '@holdfast/vocabulary'
import type { FastifyRequest } from 'fastify'
import type { SignInNotices } from '../../accounts/emails/sign-in-notices.ts'
import { type AccountMails, noticeHours } from '../../messages/account-mails/account-mails.ts'
import { shownName } from '../../messages/rendering/shown-name.ts'
import { whenText } from '../../messages/rendering/visit-context.ts'

export type SignInNoticeDeps = { signInNotices: SignInNotices; mails: AccountMails; publicUrl: string }

/**
 * Stores a notice for the account's person of a sign-in in a new browser. A failure is logged: it keeps nobody from
 * signing in.
 */
export async function noticeSignIn(
  request: FastifyRequest,
  deps: SignInNoticeDeps,
  signIn: { accountId: string; isKnownBrowser: boolean; language: MessageLanguage | null },
): Promise<void> {
  const userAgent = request.headers['user-agent']?.slice(0, 300) ?? ''
  const onError = (error: unknown) => request.log.error({ err: error }, 'a notice of a sign-in could not be stored')
  await note(deps, { ...signIn, userAgent }).catch(onError)
}

async function note(
  { signInNotices, mails, publicUrl }: SignInNoticeDeps,
  {
    accountId,
    ...signIn
  }: {
    accountId: string
    isKnownBrowser: boolean
    userAgent: string
    language: MessageLanguage | null
  },
): Promise<void> {
  if (!mails.isAvailable) return
  await signInNotices.noteSignIn(accountId, signIn, (transaction, { email: address, language, at }) => {
    const name = userAgentName(signIn.userAgent)
    const context = {
      site: new URL(publicUrl).host,
      when: whenText(at, 'UTC', language),
      // The browser's name is what the caller sent: nothing that reads as a text or a link is repeated.
      browser: name === null ? null : shownName(name),
      sessionsUrl: `${publicUrl}/account`,
    }
    return mails.store(
      transaction,
      { kind: 'new_sign_in', to: { address, language, clinicNo: null }, context },
      noticeHours,
    )
  })
}
