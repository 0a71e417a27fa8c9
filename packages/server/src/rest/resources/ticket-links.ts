import { restOperations } from '@holdfast/contract'
import type { Booking, Clinic } from '@holdfast/engine'
import { problem } from '../../edge/problem-error.ts'
import type { RateLimits } from '../../edge/rate-limits.ts'
import type { AccountRequests } from '../../messages/account-mails.ts'
import type { AnswerRequest } from '../../messages/answer-account-requests.ts'
import { addressOf, isTicketOf, type TicketMail } from '../../messages/ticket-mail.ts'
import { referenceOf } from '../../messages/visit-context.ts'
import { clinicNotFound } from '../guards/require-clinic.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'

const bookingsMax = 5
/** Who has lost a ticket looks at the mailbox soon, or asks again. */
const mailHours = 24

type TicketLinkRequest = AccountRequests['ticket_link_request']
type TicketLinkDeps = Pick<RestDeps, 'engine'>

/**
 * The way back for patients who have lost their ticket: its link is sent to the address given, if and only if it is the
 * booking's. The response, and the time until it, are the same in every case: the request is stored, and answered
 * afterwards.
 */
export function serveTicketLinks(serve: Serve, deps: RestDeps): void {
  serve(restOperations.sendTicketLink, async ({ body, request }) => {
    if (!deps.mails.isAvailable) throw problem('mail_unavailable', 'This server sends no e-mails.')
    const { rateLimits } = request.server
    await rateLimits.countTicketLinkRequest(request)
    const clinic = await deps.engine.directory.clinic(body.clinicId)
    if (clinic === null) throw clinicNotFound(body.clinicId)
    const { day, reference, email, language = null } = body
    await deps.mails.request('ticket_link_request', { clinicId: clinic.id, day, reference, email, language })
    return { status: 202, body: {} }
  })
}

/** Answers a stored request: the mails with the links of the bookings that it names. */
export function createTicketLinkAnswer(
  deps: TicketLinkDeps,
  rateLimits: Pick<RateLimits, 'countTicketMail'>,
): AnswerRequest<'ticket_link_request'> {
  return async (wanted, { store }) => {
    const clinic = await deps.engine.directory.clinic(wanted.clinicId)
    if (clinic === null) return
    const mails: TicketMail[] = []
    for (const { id, patient } of await bookingsOf(deps, clinic, wanted)) {
      const mayBeSent = await rateLimits.countTicketMail(addressOf(wanted.email))?.then(
        () => true,
        () => false,
      )
      if (mayBeSent === false) continue
      const language = wanted.language ?? patient.language ?? 'en'
      // As in the booking: what the caller has written may be another spelling.
      const to = { address: patient.email ?? '', language, clinicNo: clinic.no }
      mails.push({ kind: 'ticket_link', to, context: { bookingId: id } })
    }
    if (mails.length > 0) await store(mails, mailHours)
  }
}

async function bookingsOf(
  { engine }: TicketLinkDeps,
  clinic: Clinic,
  { day, reference, email }: TicketLinkRequest,
): Promise<Booking[]> {
  const query = { clinicNo: clinic.no, from: day, to: day, q: reference, limit: bookingsMax }
  const all = { status: null, confirmedOnly: false, doctorId: null, cursor: null }
  const { items } = await engine.reads.bookingsOfClinic({ ...query, ...all })
  return items.filter(
    ({ id, patient, status }) =>
      referenceOf(id).replace('-', '') === reference.replace('-', '').toUpperCase() &&
      isTicketOf({ status, email: patient.email }, email),
  )
}
