import type { MailContent, VisitContext } from '../rendering/mail-content.ts'
import type { MailTexts } from '../texts/en.ts'
import { questionsNote, visitDetails, withClinicTexts } from './visit-details.ts'

export type WithdrawnContext = VisitContext & {
  /** Free times of this doctor and of others, with the pages on which they can be booked. */
  alternatives: { when: string; doctorName: string; url: string }[]
  /** The doctor's free times. */
  bookUrl: string
}

/** The clinic has withdrawn the time of a confirmed booking. */
export function withdrawnMail(context: WithdrawnContext, texts: MailTexts): MailContent {
  const { clinicName, when, doctorName, alternatives, bookUrl } = context
  const text = texts.withdrawn.text(clinicName)
  const times = alternatives.map((one) => ({ label: texts.withdrawn.book(one.when, one.doctorName), url: one.url }))
  return {
    subject: texts.withdrawn.subject(when),
    preview: `${when}, ${doctorName}`,
    heading: texts.withdrawn.heading,
    paragraphs: withClinicTexts(context, texts, [text]),
    details: visitDetails(context, texts),
    ...(times.length > 0 ? { aboveActions: texts.withdrawn.alternatives } : {}),
    actions: [...times, { label: texts.withdrawn.bookOther, url: bookUrl }],
    notes: questionsNote(context, texts),
  }
}
