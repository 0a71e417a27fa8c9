import { type AuditDetail, type AuditKind, accountOperations } from '@holdfast/contract'
import { normalizedEmail } from '@holdfast/engine'
import type { FastifyInstance } from 'fastify'
import { type EmailLinkRequest, emailLinkHours } from '../../accounts/emails/email-links.ts'
import { undoHours } from '../../accounts/notices/long-proven-address.ts'
import type { AuditRecorder } from '../../audit/audit-recorder.ts'
import { networkPrefix } from '../../audit/network-prefix.ts'
import { isOutcomeUnknown } from '../../edge/errors/error-handler.ts'
import { problem } from '../../edge/errors/problem-error.ts'
import { storeChangedMail } from '../../messages/account-mails/store-changed-mail.ts'
import { storeEmailLink } from '../../messages/account-mails/store-email-link.ts'
import { sessionEnded } from './auth-refusals.ts'
import { requireConfirmation } from './confirm-change.ts'
import type { SecondFactorDeps } from './second-factor-deps.ts'
import { serveAccount } from './serve-account.ts'

export type EmailRoutesDeps = SecondFactorDeps & { audit: Pick<AuditRecorder, 'record'> }

const lenient = { authentication: 'lenient' } as const
const lookAtAddress = 'Look at the address of the account; if it is as before, ask for another link.'
const undoneAlready = 'Repeat the request; if the link is refused, the change may be undone already.'

/** The e-mail address of the caller's account: confirming it, changing it, and undoing a change. */
export async function emailRoutes(app: FastifyInstance, deps: EmailRoutesDeps): Promise<void> {
  const { accounts, audit } = deps
  serveAccount(app, accountOperations.getEmailStatus, lenient, async (_request, _reply, { account }) => {
    return { ...(await accounts.emailStatus(account.accountId)), canSend: deps.mails.isAvailable }
  })

  serveAccount(app, accountOperations.sendVerificationEmail, lenient, async (request, _reply, { account }) => {
    const { language = 'en' } = request.body
    await sendEmailLink(deps, account.accountId, {
      newEmail: null,
      language,
      sessionId: null,
      network: networkPrefix(request.ip),
    })
    return { status: true }
  })

  // Nothing is sent to an address that has an account, and the response does not reveal whether one has.
  serveAccount(app, accountOperations.changeEmail, lenient, async (request, _reply, caller) => {
    const { newEmail, password, language = 'en' } = request.body
    await requireConfirmation(request, deps, caller, password)
    const { account, sessionId } = caller
    if (normalizedEmail(newEmail) === account.email) {
      const message = 'This is the address that the account has.'
      throw problem('invalid_request', message, { errors: [{ path: '/newEmail', message }] })
    }
    const network = networkPrefix(request.ip)
    await sendEmailLink(deps, account.accountId, { newEmail, language, sessionId, network })
    return { status: true }
  })

  serveAccount(
    app,
    accountOperations.verifyEmail,
    { ...lenient, ifLost: lookAtAddress },
    async (request, _reply, { account, sessionId }) => {
      const { accountId } = account
      let kind: AuditKind = 'email_confirmed'
      const record = (details: AuditDetail[]) =>
        audit.record({ kind, actorId: accountId, network: networkPrefix(request.ip), details })
      const use = await accounts
        .useEmailLink({ accountId, sessionId }, request.body.token, (transaction, change) => {
          kind = 'email_changed'
          const { previous: email, undo, language } = change
          return storeChangedMail(transaction, deps, {
            email,
            language,
            hours: undoHours,
            undoToken: undo.kind === 'link' ? undo.token : null,
            isUndoneByEarlierAddress: undo.kind === 'earlier_address',
          })
        })
        .catch((error: unknown) => {
          if (isOutcomeUnknown(error)) record(['outcome unknown'])
          throw error
        })
      if (use.kind === 'ended') throw sessionEnded()
      if (use.kind === 'link_used') throw linkUsed('The link was used, has expired, or is for another account.')
      record([])
      return { status: true, email: use.email, isChanged: use.kind === 'changed' }
    },
  )

  serveAccount(app, accountOperations.undoEmailChange, { ...lenient, ifLost: undoneAlready }, async (request) => {
    const { token } = request.body
    const link = await accounts.byEmailUndo(token)
    request.subjectAccountId = link?.accountId ?? null
    const isDone = link?.isValid === true && (await accounts.undoEmailChange(link.accountId, token))
    if (!isDone) throw linkUsed('The link was used, has expired, or is not complete.')
    return { status: true }
  })
}

/** @throws ProblemError mail_unavailable, rate_limited, unauthenticated */
async function sendEmailLink(
  deps: Pick<EmailRoutesDeps, 'accounts' | 'mails' | 'publicUrl'>,
  accountId: string,
  request: EmailLinkRequest,
): Promise<void> {
  const { accounts, mails } = deps
  if (!mails.isAvailable) throw problem('mail_unavailable', 'This server sends no e-mails.')
  const { newEmail } = request
  let wake = () => {}
  const link = await accounts.createEmailLink(accountId, request, async (transaction, created) => {
    await storeEmailLink(transaction, deps, { ...created, ...request, hours: emailLinkHours })
    if (newEmail === null) return
    // Whether the address is reserved is looked up after the response.
    const named = { email: newEmail, by: accountId }
    wake = (await mails.requestIn(transaction, 'reserved_address_request', named)).wake
  })
  wake()
  if (link.kind === 'ended') throw sessionEnded()
  if (link.kind === 'too_soon') {
    const { retryAfterSeconds } = link
    // Of a new account, strangers may have had as many as are sent to its address.
    const way = newEmail === null ? ' A link for a forgotten password confirms the address, too.' : ''
    throw problem('rate_limited', `Such an e-mail was sent a moment ago.${way}`, { retryAfterSeconds })
  }
}

function linkUsed(message: string) {
  return problem('link_used', message)
}
