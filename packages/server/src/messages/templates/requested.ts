import type { MailContent, VisitContext } from '../rendering/mail-content.ts'
import type { MailTexts } from '../texts/en.ts'
import { questionsNote, visitDetails, withClinicTexts } from './visit-details.ts'

/**
 * `until`: the day and time until which the clinic has to answer. `ticketUrl`: of the request. `isHeld`: the time is
 * held until then.
 */
export type RequestedContext = VisitContext & { until: string; ticketUrl: string; isHeld: boolean }

/** The clinic was asked for an appointment. */
export function requestedMail(context: RequestedContext, texts: MailTexts): MailContent {
  const { subject, heading, text, notHeld, until, action } = texts.requested
  return {
    subject: subject(context.when),
    preview: `${context.when}, ${context.doctorName}`,
    heading,
    paragraphs: withClinicTexts(context, texts, [(context.isHeld ? text : notHeld)(context.clinicName)]),
    details: [...visitDetails(context, texts), { label: until, value: context.until }],
    actions: [{ label: action, url: context.ticketUrl }],
    notes: questionsNote(context, texts),
  }
}
