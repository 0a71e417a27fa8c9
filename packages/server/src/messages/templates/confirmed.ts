import type { MailContent, VisitContext } from '../rendering/mail-content.ts'
import type { MailTexts } from '../texts/en.ts'
import { beforeVisit, questionsNote, visitDetails, withClinicTexts } from './visit-details.ts'

/** The booking was confirmed. */
export function confirmedMail(context: VisitContext, texts: MailTexts): MailContent {
  return {
    subject: texts.confirmed.subject(context.when),
    preview: `${context.when}, ${context.doctorName}`,
    heading: texts.confirmed.heading,
    paragraphs: withClinicTexts(context, texts, [
      texts.confirmed.text(context.doctorName),
      ...beforeVisit(context, texts),
    ]),
    details: visitDetails(context, texts),
    actions: [{ label: texts.openTicket, url: context.ticketUrl }],
    notes: [texts.privateLink, ...questionsNote(context, texts)],
  }
}
