import type { MailContent } from '../rendering/mail-content.ts'
import type { MailTexts } from '../texts/en.ts'

export type TicketLinkContext = {
  patientName: string
  clinicName: string
  doctorName: string
  /** The day and time, with the zone. */
  when: string
  reference: string
  ticketUrl: string
}

/** Somebody who may be the patient has lost the way to the ticket. */
export function ticketLinkMail(context: TicketLinkContext, texts: MailTexts): MailContent {
  const { subject, heading, text, ignore } = texts.ticketLink
  return {
    subject: subject(context.when),
    preview: `${context.when}, ${context.doctorName}`,
    heading,
    paragraphs: [texts.greeting(context.patientName), text],
    details: [
      { label: texts.when, value: context.when },
      { label: texts.doctor, value: context.doctorName },
      { label: texts.where, value: context.clinicName },
      { label: texts.reference, value: context.reference },
    ],
    actions: [{ label: texts.openTicket, url: context.ticketUrl }],
    notes: [texts.privateLink, ignore],
  }
}
