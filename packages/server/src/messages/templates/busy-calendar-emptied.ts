import type { MailContent } from '../rendering/mail-content.ts'
import type { MailTexts } from '../texts/en.ts'

export type BusyCalendarEmptiedContext = {
  clinicName: string
  /** The time as text, in the clinic's zone. */
  since: string
  /** Where the calendar is set. */
  url: string
}

/** For a doctor: their external calendar has no busy times any more, so that what they blocked can be booked. */
export function busyCalendarEmptiedMail(context: BusyCalendarEmptiedContext, texts: MailTexts): MailContent {
  const { subject, heading, text, next, action } = texts.busyCalendarEmptied
  const said = text(context.since)
  return {
    subject,
    preview: said,
    heading,
    paragraphs: [said, next],
    details: [],
    actions: [{ label: action, url: context.url }],
    notes: [],
  }
}
