import type { MailContent, VisitContext } from '../rendering/mail-content.ts'
import type { MailTexts } from '../texts/en.ts'
import { questionsNote, visitDetails, withClinicTexts } from './visit-details.ts'

/** `reason`: why the clinic has declined; null: it did not say. `bookUrl`: the doctor's free times. */
export type DeclinedContext = VisitContext & { reason: string | null; bookUrl: string }

/** How a request ended without an appointment. */
export type RequestEnd = 'declined' | 'timeTaken' | 'requestWithdrawn' | 'requestLapsed'

/**
 * A request has ended: the clinic has declined it, or approved another one for its time, or not answered in
 * time, or the patient has withdrawn it.
 */
export function declinedMail(end: RequestEnd, context: DeclinedContext, texts: MailTexts): MailContent {
  const { subject, heading, text } = texts[end]
  return {
    subject: subject(context.when),
    preview: `${context.when}, ${context.doctorName}`,
    heading,
    paragraphs: withClinicTexts(context, texts, [text(context.clinicName)]),
    details: [
      ...visitDetails(context, texts),
      ...(end === 'declined' && context.reason !== null ? [{ label: texts.reason, value: context.reason }] : []),
    ],
    actions: [{ label: texts.cancelled.bookAgain, url: context.bookUrl }],
    notes: questionsNote(context, texts),
  }
}
