import type { Booking, Clinic, Engine } from '@holdfast/engine'
import { referenceOf } from '@holdfast/vocabulary'
import type { AccountRequests } from '../messages/account-mails/account-mails.ts'
import { isTicketOf, type TicketMail } from '../messages/account-mails/ticket-mail.ts'
import type { LostLinkLimits } from './lost-link-limit.ts'
import type { ProcessRequest } from './process-account-requests.ts'

const bookingsMax = 5
/** A patient who has lost a ticket looks at the mailbox soon, or asks again. */
const mailHours = 24

type TicketLinkRequest = AccountRequests['ticket_link_request']
type TicketReads = Pick<Engine, 'directory' | 'reads'>

/** For patients who have lost a ticket: the mails with the links of the bookings that the request names. */
export function createTicketLinkProcessor(
  engine: TicketReads,
  { ofTicket }: Pick<LostLinkLimits, 'ofTicket'>,
): ProcessRequest<'ticket_link_request'> {
  return async (wanted, { store }) => {
    const clinic = await engine.directory.clinic(wanted.clinicId)
    if (clinic === null) return
    const mails: TicketMail[] = []
    const holds = new Set<string>()
    for (const { id, patient, status } of await bookingsOf(engine, clinic, wanted)) {
      const language = wanted.language ?? patient.language ?? 'en'
      // The address is that of the booking: what the caller has written may be another spelling.
      const to = { address: patient.email ?? '', language, clinicNo: clinic.no }
      if (status === 'PENDING') holds.add(id)
      mails.push({ kind: 'ticket_link', to, context: { bookingId: id } })
    }
    if (mails.length === 0) return
    const { email, network } = wanted
    await store(mails, mailHours, (transaction, { context: { bookingId } }) =>
      ofTicket(transaction, { clinicNo: clinic.no, email, network, bookingId, isHold: holds.has(bookingId) }),
    )
  }
}

async function bookingsOf(
  engine: TicketReads,
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
