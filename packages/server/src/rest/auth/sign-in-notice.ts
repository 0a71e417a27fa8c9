import { userAgentName } from '@holdfast/contract/user-agent-name'
import type { MessageLanguage } from '@holdfast/engine'
import type { FastifyRequest } from 'fastify'
import type { SignInNotices } from '../../accounts/sign-in-notices.ts'
import type { AccountMails } from '../../messages/account-mails.ts'
import { shownName } from '../../messages/shown-name.ts'
import { whenText } from '../../messages/visit-context.ts'

export type SignInNoticeDeps = { signInNotices: SignInNotices; mails: AccountMails; publicUrl: string }

/** Notifies the account's person of a sign-in in a new browser, in the background. */
export function noticeSignIn(
  request: FastifyRequest,
  deps: SignInNoticeDeps,
  signIn: { accountId: string; isKnownBrowser: boolean; language: MessageLanguage | null },
): void {
  const userAgent = request.headers['user-agent']?.slice(0, 300) ?? ''
  const onError = (error: unknown) => request.log.error({ err: error }, 'a notice of a sign-in could not be sent')
  setImmediate(() => void send(deps, { ...signIn, userAgent }).catch(onError))
}

async function send(
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
  if (mails.newSignIn === null) return
  const notice = await signInNotices.noteSignIn(accountId, signIn)
  if (notice === null) return
  const { email, language, at } = notice
  const name = userAgentName(signIn.userAgent)
  await mails.newSignIn(
    { address: email, language },
    {
      site: new URL(publicUrl).host,
      when: whenText(at, 'UTC', language),
      // Whoever signs in names the browser: nothing that reads as a text or a link is repeated.
      browser: name === null ? null : shownName(name),
      sessionsUrl: `${publicUrl}/account`,
    },
  )
}
