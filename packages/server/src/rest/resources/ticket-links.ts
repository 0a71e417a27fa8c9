import { restOperations } from '@holdfast/contract'
import type { Booking, BookingStatus, Clinic, MessageLanguage } from '@holdfast/engine'
import { problem } from '../../edge/problem-error.ts'
import type { RateLimits } from '../../edge/rate-limits.ts'
import type { AccountMail } from '../../messages/account-mail.ts'
import type { AccountRequests } from '../../messages/account-mails.ts'
import type { AnswerRequest } from '../../messages/answer-account-requests.ts'
import { referenceOf, whenText } from '../../messages/visit-context.ts'
import { clinicNotFound } from '../guards/require-clinic.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'

const bookingsMax = 5
/** Who has lost a ticket looks at the mailbox soon, or asks again. */
const mailHours = 24

type TicketLinkRequest = AccountRequests['ticket_link_request']
type TicketLinkDeps = Pick<RestDeps, 'engine' | 'ticketUrl'>

const withTicket: ReadonlySet<BookingStatus> = new Set(['PENDING', 'CONFIRMED', 'ARRIVED'])

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
    const mails: AccountMail[] = []
    for (const booking of await bookingsOf(deps, clinic, wanted)) {
      const mayBeSent = await rateLimits.countTicketMail(addressOf(wanted.email))?.then(
        () => true,
        () => false,
      )
      const mail = mayBeSent === false ? null : await ticketMail(deps, clinic, booking, wanted.language)
      if (mail !== null) mails.push(mail)
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
      addressOf(patient.email ?? '') === addressOf(email) &&
      withTicket.has(status),
  )
}

async function ticketMail(
  { engine, ticketUrl }: TicketLinkDeps,
  clinic: Clinic,
  { id, doctorId, startsAt, patient }: Booking,
  wantedLanguage: MessageLanguage | null,
): Promise<AccountMail | null> {
  const [doctor, access] = await Promise.all([engine.directory.doctor(doctorId), engine.manageTokenEpochs.access(id)])
  if (doctor === null || access === null || access.isOver) return null
  const language = wantedLanguage ?? patient.language ?? 'en'
  return {
    kind: 'ticket_link',
    // As in the booking: what the caller has written may be another spelling.
    to: { address: patient.email ?? '', language, clinicNo: clinic.no },
    context: {
      patientName: patient.name,
      clinicName: clinic.name,
      doctorName: doctor.name,
      when: whenText(startsAt, clinic.timezone, language),
      reference: referenceOf(id),
      ticketUrl: ticketUrl({ bookingId: id, accountId: access.accountId, manageEpoch: access.epoch }),
    },
  }
}

function addressOf(email: string): string {
  return email.trim().toLowerCase()
}
