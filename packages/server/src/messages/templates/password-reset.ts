import type { MailContent } from '../rendering/mail-content.ts'
import type { MailTexts } from '../texts/en.ts'

export type PasswordResetContext = {
  /** It works once. */
  url: string
  hours: number
  /** The host of the site. */
  site: string
}

/** Somebody who may be the owner of the account has forgotten its password. The name may be a stranger's text. */
export function passwordResetMail({ url, hours, site }: PasswordResetContext, texts: MailTexts): MailContent {
  const { subject, heading, text, action, ignore } = texts.passwordReset
  return {
    subject: subject(site),
    preview: text(hours),
    heading,
    paragraphs: [texts.greeting(null), text(hours)],
    details: [],
    actions: [{ label: action, url }],
    notes: [ignore],
  }
}
