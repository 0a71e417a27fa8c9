import type { MailContent } from '../mail-content.ts'
import type { MailTexts } from '../texts/en.ts'

export type BusyCalendarFailingContext = {
  clinicName: string
  /** As text, in the clinic's zone. */
  since: string
  /** As the page shows it. */
  problem: string
  /** Where the calendar is set. */
  url: string
}

/** For a doctor: their external calendar cannot be read. */
export function busyCalendarFailingMail(context: BusyCalendarFailingContext, texts: MailTexts): MailContent {
  const { subject, heading, text, next, action } = texts.busyCalendarFailing
  const said = text(context.since)
  return {
    subject,
    preview: said,
    heading,
    paragraphs: [said, context.problem, next],
    details: [],
    actions: [{ label: action, url: context.url }],
    notes: [],
  }
}
