import type { MailContent, VisitContext } from '../rendering/mail-content.ts'
import type { MailTexts } from '../texts/en.ts'
import { questionsNote, visitDetails, withClinicTexts } from './visit-details.ts'

/** `leaveUrl`: where the patient leaves the waitlist. */
export type OfferWithdrawnContext = VisitContext & { offerUrl: string; leaveUrl: string }

/** The clinic has withdrawn a place that was on offer to somebody on the waitlist, who waits on. */
export function offerWithdrawnMail(context: OfferWithdrawnContext, texts: MailTexts): MailContent {
  const { subject, heading, text } = texts.offerWithdrawn
  return {
    subject: subject(context.when),
    preview: `${context.when}, ${context.doctorName}`,
    heading,
    paragraphs: withClinicTexts(context, texts, [text(context.clinicName)]),
    details: visitDetails(context, texts),
    actions: [
      { label: texts.offered.action, url: context.offerUrl },
      { label: texts.offered.leave, url: context.leaveUrl },
    ],
    notes: [texts.offered.privateLink, ...questionsNote(context, texts)],
  }
}
