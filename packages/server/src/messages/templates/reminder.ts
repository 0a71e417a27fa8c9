import type { MailContent, VisitContext } from '../rendering/mail-content.ts'
import type { MailTexts } from '../texts/en.ts'
import { beforeVisit, questionsNote, visitDetails, withClinicTexts } from './visit-details.ts'

/**
 * `attendUrl`: where one press confirms that the patient comes; null: they have confirmed it. `cancelUrl`: where one
 * press cancels the visit. `remindersUrl`: where the patient turns reminders off.
 */
export type ReminderContext = VisitContext & { attendUrl: string | null; cancelUrl: string; remindersUrl: string }

/** The visit is soon. Opening the links changes nothing, because mail scanners open them, too. */
export function reminderMail(context: ReminderContext, texts: MailTexts): MailContent {
  const { attendUrl, cancelUrl, remindersUrl, doctorName } = context
  const { text, confirmedText, attend, cancel, off } = texts.reminder
  const openTicket = { label: texts.openTicket, url: context.ticketUrl }
  return {
    subject: texts.reminder.subject(context.when),
    preview: `${context.when}, ${context.doctorName}`,
    heading: texts.reminder.heading,
    paragraphs: withClinicTexts(context, texts, [
      attendUrl === null ? confirmedText(doctorName) : text(doctorName),
      ...beforeVisit(context, texts),
    ]),
    details: visitDetails(context, texts),
    actions: [
      ...(attendUrl === null
        ? [openTicket, { label: cancel, url: cancelUrl }]
        : [{ label: attend, url: attendUrl }, { label: cancel, url: cancelUrl, isChoice: true as const }, openTicket]),
      { label: off, url: remindersUrl },
    ],
    notes: [texts.privateLink, ...questionsNote(context, texts)],
  }
}
