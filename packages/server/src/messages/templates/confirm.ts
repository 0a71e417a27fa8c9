import type { MailContent, VisitContext } from '../rendering/mail-content.ts'
import type { MailTexts } from '../texts/en.ts'
import { questionsNote, visitDetails, withClinicTexts } from './visit-details.ts'

/**
 * `until`: the day and time at which the hold ends. `url`: of the page with the button that confirms. `isRequest`: the
 * clinic has to agree then.
 */
export type ConfirmContext = VisitContext & { until: string; url: string; isRequest: boolean }

/** A guest has booked at a clinic that confirms by link. Opening the link changes nothing: mail scanners do so, too. */
export function confirmMail(context: ConfirmContext, texts: MailTexts): MailContent {
  const { subject, heading, text, action, ignore } = context.isRequest ? texts.confirmRequest : texts.confirm
  return {
    subject: subject(context.when),
    preview: `${context.when}, ${context.doctorName}`,
    heading,
    paragraphs: withClinicTexts(context, texts, [text]),
    details: [...visitDetails(context, texts), { label: texts.confirm.until, value: context.until }],
    actions: [{ label: action, url: context.url }],
    notes: [ignore, ...questionsNote(context, texts)],
  }
}
