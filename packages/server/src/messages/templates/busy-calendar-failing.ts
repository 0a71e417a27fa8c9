import type { BusyCalendarFailure } from '@holdfast/engine'
import type { MailContent } from '../rendering/mail-content.ts'
import type { MailTexts } from '../texts/en.ts'

export type BusyCalendarFailingContext = {
  clinicName: string
  /** The time as text, in the clinic's zone. */
  since: string
  /** null: not known. */
  reason: BusyCalendarFailure | null
  /** Where the calendar is set. */
  url: string
}

/** For a doctor: their external calendar cannot be read. */
export function busyCalendarFailingMail(context: BusyCalendarFailingContext, texts: MailTexts): MailContent {
  const { subject, heading, text, reasons, next, action } = texts.busyCalendarFailing
  const said = text(context.since)
  const why = context.reason === null ? [] : [reasons[context.reason]]
  return {
    subject,
    preview: said,
    heading,
    paragraphs: [said, ...why, next],
    details: [],
    actions: [{ label: action, url: context.url }],
    notes: [],
  }
}
