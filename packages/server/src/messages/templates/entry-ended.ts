import type { MailContent } from '../rendering/mail-content.ts'
import type { MailTexts } from '../texts/en.ts'
import { type EntryContext, entryDetails, entryQuestions } from './entry-details.ts'

/** `reason`: the clinic has removed the entry, or its last day is past. */
export type EntryEndedContext = EntryContext & { reason: 'removed' | 'expired' }

/** An entry of a waitlist has ended, and not by its patient. */
export function entryEndedMail(context: EntryEndedContext, texts: MailTexts): MailContent {
  const { subject, heading, text } = texts.entryEnded[context.reason]
  return {
    subject: subject(context.clinicName),
    preview: heading,
    heading,
    paragraphs: [texts.greeting(context.patientName), text(context.clinicName)],
    details: entryDetails(context, texts),
    actions: [],
    notes: entryQuestions(context, texts),
  }
}
