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
  const text = byPatient ? texts.cancelled.byPatient : texts.cancelled.byClinic(clinicName)
  return {
    subject: texts.cancelled.subject(when),
    preview: `${when}, ${doctorName}`,
    heading: texts.cancelled.heading,
    paragraphs: withClinicTexts(context, texts, [text]),
    details: [
      ...visitDetails(context, texts),
      ...(byPatient || reason === null ? [] : [{ label: texts.reason, value: reason }]),
    ],
    actions: [{ label: texts.cancelled.bookAgain, url: bookUrl }],
    notes: questionsNote(context, texts),
  }
}
