import type { MailContent, VisitContext } from '../mail-content.ts'
import type { MailTexts } from '../texts/en.ts'
import { questionsNote, visitDetails, withClinicTexts } from './visit-details.ts'

/** `cancelUrl`: where one press cancels the visit. `remindersUrl`: where the patient turns reminders off. */
export type ReminderContext = VisitContext & { cancelUrl: string; remindersUrl: string }

/** The visit is soon. Opening the links changes nothing, because mail scanners open them, too. */
export function reminderMail(context: ReminderContext, texts: MailTexts): MailContent {
  return {
    subject: texts.reminder.subject(context.when),
    preview: `${context.when}, ${context.doctorName}`,
    heading: texts.reminder.heading,
    paragraphs: withClinicTexts(context, texts, [texts.reminder.text(context.doctorName), texts.onTicket]),
    details: visitDetails(context, texts),
    actions: [
      { label: texts.openTicket, url: context.ticketUrl },
      { label: texts.reminder.cancel, url: context.cancelUrl },
      { label: texts.reminder.off, url: context.remindersUrl },
    ],
    notes: [texts.privateLink, ...questionsNote(context, texts)],
  }
}
