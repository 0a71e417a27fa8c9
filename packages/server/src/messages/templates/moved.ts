import type { MailContent, VisitContext } from '../rendering/mail-content.ts'
import type { MailTexts } from '../texts/en.ts'
import { beforeVisit, questionsNote, seriesToCome, visitDetails, withClinicTexts } from './visit-details.ts'

/** The booking has another time, or another doctor. */
export function movedMail(context: VisitContext, texts: MailTexts): MailContent {
  const visits = seriesToCome(context, texts)
  const said = visits.length > 0 ? texts.series.moved : texts.moved
  return {
    subject: said.subject(context.when),
    preview: `${context.when}, ${context.doctorName}`,
    heading: said.heading,
    paragraphs: withClinicTexts(context, texts, [said.text, ...beforeVisit(context, texts)]),
    details: [...visitDetails(context, texts), ...visits],
    actions: [{ label: texts.openTicket, url: context.ticketUrl }],
    notes: [texts.privateLink, ...questionsNote(context, texts)],
  }
}
