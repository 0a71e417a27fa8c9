import type { MailContent, VisitContext } from '../rendering/mail-content.ts'
import type { MailTexts } from '../texts/en.ts'
import { questionsNote, visitDetails, withClinicTexts } from './visit-details.ts'

/** `joinUrl`: the form by which the patient joins the waitlist again. */
export type UnansweredContext = VisitContext & { joinUrl: string }

/** An entry of the waitlist has ended, because its offers were not answered. The details are those of the last one. */
export function unansweredMail(context: UnansweredContext, texts: MailTexts): MailContent {
  const { subject, heading, text, lastOffer, action } = texts.unanswered
  return {
    subject: subject(context.clinicName),
    preview: heading,
    heading,
    paragraphs: [...withClinicTexts(context, texts, [text(context.clinicName)]), lastOffer],
    details: visitDetails(context, texts),
    actions: [{ label: action, url: context.joinUrl }],
    notes: questionsNote(context, texts),
  }
}
