import type { MailContent } from '../rendering/mail-content.ts'
import type { MailTexts } from '../texts/en.ts'

export type InvitationContext = {
  clinicName: string
  role: 'doctor' | 'staff' | 'admin'
  /** It works once. */
  url: string
  hours: number
}

/** An administrator of a clinic has invited the recipient to a role. */
export function invitationMail({ clinicName, role, url, hours }: InvitationContext, texts: MailTexts): MailContent {
  const { subject, heading, text, action, ignore, roles } = texts.invitation
  return {
    subject: subject(clinicName),
    preview: roles[role],
    heading: heading(clinicName),
    paragraphs: [text(roles[role], hours)],
    details: [],
    actions: [{ label: action, url }],
    notes: [ignore],
  }
}
