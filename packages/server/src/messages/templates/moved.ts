import type { MailContent, VisitContext } from '../rendering/mail-content.ts'
import type { MailTexts } from '../texts/en.ts'
import { beforeVisit, questionsNote, visitDetails, withClinicTexts } from './visit-details.ts'

/** The booking has another time, or another doctor. */
export function movedMail(context: VisitContext, texts: MailTexts): MailContent {
  return {
    subject: texts.moved.subject(context.when),
    preview: `${context.when}, ${context.doctorName}`,
    heading: texts.moved.heading,
    paragraphs: withClinicTexts(context, texts, [texts.moved.text, ...beforeVisit(context, texts)]),
    details: visitDetails(context, texts),
    actions: [{ label: texts.openTicket, url: context.ticketUrl }],
    notes: [texts.privateLink, ...questionsNote(context, texts)],
  }
}
