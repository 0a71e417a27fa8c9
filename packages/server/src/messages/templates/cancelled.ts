import type { MailContent, VisitContext } from '../rendering/mail-content.ts'
import type { MailTexts } from '../texts/en.ts'
import { questionsNote, visitDetails, withClinicTexts } from './visit-details.ts'

export type CancelledContext = VisitContext & {
  byPatient: boolean
  /**
   * Why; null: nobody said. A reason that was written on the ticket is not sent: the address may be somebody else's.
   */
  reason: string | null
  /** The doctor's free times. */
  bookUrl: string
}

/** The booking was cancelled, by the patient or by the clinic. */
export function cancelledMail(context: CancelledContext, texts: MailTexts): MailContent {
  const { byPatient, clinicName, reason, bookUrl, when, doctorName } = context
  const { series } = context
  const together = series === null || series.cancelled.length < 2 ? [] : series.cancelled
  const said = together.length > 0 ? texts.series.cancelled : texts.cancelled
  const text = byPatient ? said.byPatient : said.byClinic(clinicName)
  const left = (series?.toCome ?? []).map((visit) => ({ label: texts.series.left, value: visit.when }))
  return {
    subject: said.subject(when),
    preview: `${when}, ${doctorName}`,
    heading: said.heading,
    paragraphs: withClinicTexts(context, texts, [text]),
    details: [
      ...visitDetails(context, texts),
      ...together.map((visit) => ({ label: texts.series.cancelled.label, value: visit.when })),
      ...left,
      ...(byPatient || reason === null ? [] : [{ label: texts.reason, value: reason }]),
    ],
    actions: [{ label: texts.cancelled.bookAgain, url: bookUrl }],
    notes: questionsNote(context, texts),
  }
}
