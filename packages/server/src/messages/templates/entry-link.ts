import type { MailContent } from '../rendering/mail-content.ts'
import type { MailTexts } from '../texts/en.ts'
import { type EntryContext, entryDetails, entryQuestions } from './entry-details.ts'

export type EntryLinkContext = EntryContext & {
  entryUrl: string
  /** Where the patient leaves the waitlist. */
  leaveUrl: string
  /** Of the button of mail programs. */
  unsubscribeUrl: string | null
  /** Somebody who may be the patient has lost the link; otherwise the entry is new. */
  isRequested: boolean
}

/** The link to an entry of a waitlist, after joining or on request. */
export function entryLinkMail(context: EntryLinkContext, texts: MailTexts): MailContent {
  const { clinicName, doctorName, days, isRequested } = context
  const { joined, requested, action, privateLink } = texts.entryLink
  const { subject, heading, text, ignore } = isRequested ? requested : joined
  return {
    subject: subject(clinicName),
    preview: [doctorName, days].filter((part) => part !== null).join(', '),
    heading,
    paragraphs: [texts.greeting(context.patientName), text],
    details: entryDetails(context, texts),
    actions: [
      { label: action, url: context.entryUrl },
      { label: texts.offered.leave, url: context.leaveUrl },
    ],
    notes: [privateLink, ignore, ...entryQuestions(context, texts)],
  }
}
