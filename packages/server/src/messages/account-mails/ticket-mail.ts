import { clinicNoOf, createManageTokenEpochs, messageFacts, normalizedEmail } from '@holdfast/engine'
import type { MessageLanguage } from '@holdfast/vocabulary'
import { referenceOf } from '@holdfast/vocabulary'
import type pg from 'pg'
import type { MailLinks } from '../rendering/mail-links.ts'
import { whenText } from '../rendering/visit-context.ts'
import type { TicketLinkContext } from '../templates/ticket-link.ts'

/** A stored e-mail with the link to a ticket: the rest is read when it is sent. */
export type TicketMail = {
  kind: 'ticket_link'
  to: { address: string; language: MessageLanguage; clinicNo: number }
  context: { bookingId: string }
}

const withTicket: ReadonlySet<string> = new Set(['PENDING', 'CONFIRMED', 'ARRIVED'])

/** Whether a booking, of this status and with this patient's address, has a ticket to send to an address. */
export function isTicketOf({ status, email }: { status: string; email: string | undefined }, address: string): boolean {
  return withTicket.has(status) && normalizedEmail(email ?? '') === normalizedEmail(address)
}

/**
 * What the e-mail says, as the booking is now; null: it was erased, has ended, or has another address.
 *
 * @param pool of the application role
 */
export async function ticketLinkContext(
  pool: pg.Pool,
  ticketUrl: MailLinks['ticket'],
  { to: { address, language }, context: { bookingId } }: TicketMail,
): Promise<TicketLinkContext | null> {
  const [facts, access] = await Promise.all([
    messageFacts(pool, { clinicNo: clinicNoOf(bookingId), bookingId }),
    createManageTokenEpochs(pool).access(bookingId),
  ])
  if (facts === null || access === null || access.isOver) return null
  const { status, patient, clinicName, doctorName, startsAt, timezone } = facts
  if (!isTicketOf({ status, email: patient.email }, address)) return null
  return {
    patientName: patient.name,
    clinicName,
    doctorName,
    when: whenText(startsAt, timezone, language),
    reference: referenceOf(bookingId),
    ticketUrl: ticketUrl(facts),
  }
}
