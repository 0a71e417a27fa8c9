import type { MailContent } from '../rendering/mail-content.ts'
import type { MailTexts } from '../texts/en.ts'
import { type EntryContext, entryDetails, entryQuestions } from './entry-details.ts'

export type EntryLinkContext = EntryContext & {
  entryUrl: string
  /** The other entries of the same address. */
  others: (EntryContext & { entryUrl: string })[]
  /** Where the patient leaves the waitlist. */
  leaveUrl: string
  /** The address for the button of mail programs. */
  unsubscribeUrl: string | null
  /** Somebody who may be the patient has lost the link; otherwise the entry is new. */
  isRequested: boolean
}

/** The link to an entry of a waitlist, after joining or on request, when it has those to all entries of the address. */
export function entryLinkMail(context: EntryLinkContext, texts: MailTexts): MailContent {
  return context.others.length === 0 ? oneEntryMail(context, texts) : allEntriesMail(context, texts)
}

function oneEntryMail(context: EntryLinkContext, texts: MailTexts): MailContent {
  const { clinicName, visitName, doctorName, days, isRequested } = context
  const { joined, requested, action, privateLink } = texts.entryLink
  const { subject, heading, text, ignore } = isRequested ? requested : joined
  return {
    subject: subject(clinicName),
    preview: [visitName, doctorName, days].filter((part) => part !== null).join(', '),
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

function allEntriesMail(context: EntryLinkContext, texts: MailTexts): MailContent {
  const { clinicName, patientName } = context
  const { requested, action, privateLink } = texts.entryLink
  const entries = [context, ...context.others]
  const isOnePatient = context.others.every((other) => other.patientName === patientName)
  const nameOf = ({ patientName: name, visitName, doctorName, days }: EntryContext) => [
    ...(isOnePatient ? [] : [name]),
    visitName,
    doctorName,
    days,
  ]
  return {
    subject: requested.subjectOfAll(clinicName),
    preview: clinicName,
    heading: requested.headingOfAll,
    paragraphs: [texts.greeting(isOnePatient ? patientName : null), requested.textOfAll],
    details: [{ label: texts.where, value: clinicName }],
    actions: entries.map((entry) => ({
      label: `${action}: ${nameOf(entry)
        .filter((part) => part !== null)
        .join(', ')}`,
      url: entry.entryUrl,
    })),
    notes: [privateLink, requested.ignore, ...entryQuestions(context, texts)],
  }
}
