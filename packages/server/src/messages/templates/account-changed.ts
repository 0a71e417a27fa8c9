import type { MailContent } from '../rendering/mail-content.ts'
import type { MailTexts } from '../texts/en.ts'

export type AccountChangedContext = {
  /** The host of the site. */
  site: string
  change: 'password'
  /** The time, with the zone. */
  when: string
  /** Where the account's person asks for a link to another password. */
  newPasswordUrl: string
}

/** What is needed to sign in to an account was changed. */
export function accountChangedMail(context: AccountChangedContext, texts: MailTexts): MailContent {
  const { site, change, when, newPasswordUrl } = context
  const { ifNotYou, action } = texts.accountChanged
  const { subject, heading, text } = texts.accountChanged[change]
  return {
    subject: subject(site),
    preview: text(site),
    heading,
    paragraphs: [texts.greeting(null), text(site)],
    details: [{ label: texts.when, value: when }],
    actions: [{ label: action, url: newPasswordUrl }],
    notes: [ifNotYou],
  }
}
