import type { MailContent, VisitContext } from '../rendering/mail-content.ts'
import type { MailTexts } from '../texts/en.ts'
import { questionsNote, visitDetails, withClinicTexts } from './visit-details.ts'

/** `until`: the day and time at which the offer ends. `leaveUrl`: where the patient leaves the waitlist. */
export type OfferedContext = VisitContext & { until: string; offerUrl: string; leaveUrl: string }

/** A place has become free for somebody on the waitlist. The linked page has the buttons to accept and to decline. */
export function offeredMail(context: OfferedContext, texts: MailTexts): MailContent {
  const { subject, heading, text, until, action, leave, privateLink } = texts.offered
  return {
    subject: subject(context.when),
    preview: `${context.when}, ${context.doctorName}`,
    heading,
    paragraphs: withClinicTexts(context, texts, [text]),
    details: [...visitDetails(context, texts), { label: until, value: context.until }],
    actions: [
      { label: action, url: context.offerUrl },
      { label: leave, url: context.leaveUrl },
    ],
    notes: [privateLink, ...questionsNote(context, texts)],
  }
}
