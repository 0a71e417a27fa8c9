import { restOperations } from '@holdfast/contract'
import { problem } from '../../edge/problem-error.ts'
import type { RateLimits } from '../../edge/rate-limits.ts'
import type { AnswerRequest } from '../../messages/answer-account-requests.ts'
import type { EntryMail } from '../../messages/entry-mail.ts'
import { addressOf } from '../../messages/ticket-mail.ts'
import { clinicNotFound } from '../guards/require-clinic.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'

/** Who has lost a link looks at the mailbox soon, or asks again. */
const mailHours = 24

/**
 * The way back for patients who have lost the link to their entry of a waitlist: it is sent to the address given, if
 * entries have it. As of tickets, the response is the same in every case, and the request is answered afterwards.
 */
export function serveEntryLinks(serve: Serve, deps: RestDeps): void {
  serve(restOperations.sendWaitlistLinks, async ({ body, request }) => {
    if (!deps.mails.isAvailable) throw problem('mail_unavailable', 'This server sends no e-mails.')
    await request.server.rateLimits.countTicketLinkRequest(request)
    const clinic = await deps.engine.directory.clinic(body.clinicId)
    if (clinic === null) throw clinicNotFound(body.clinicId)
    const { email, language = null } = body
    await deps.mails.request('entry_link_request', { clinicId: clinic.id, email, language })
    return { status: 202, body: {} }
  })
}

/** Answers a stored request: a mail for each open entry of the address. */
export function createEntryLinkAnswer(
  { engine }: Pick<RestDeps, 'engine'>,
  rateLimits: Pick<RateLimits, 'countTicketMail'>,
): AnswerRequest<'entry_link_request'> {
  return async ({ clinicId, email, language }, { store }) => {
    const clinic = await engine.directory.clinic(clinicId)
    if (clinic === null) return
    const mails: EntryMail[] = []
    for (const { id } of await engine.waitlist.openEntriesOfEmail(clinic.no, email)) {
      const mayBeSent = await rateLimits.countTicketMail(addressOf(email))?.then(
        () => true,
        () => false,
      )
      if (mayBeSent === false) continue
      mails.push({ kind: 'entry_link', context: { entryId: id, isRequested: true, language } })
    }
    if (mails.length > 0) await store(mails, mailHours)
  }
}
