import type { MailContent } from '../rendering/mail-content.ts'
import type { MailTexts } from '../texts/en.ts'

export type ConfirmEmailContext = {
  /** It works once, for the account that requested it. */
  url: string
  hours: number
  /** The host of the site. */
  site: string
  /** true: the account has another address until then. */
  isChange: boolean
}

/** Somebody has given this address as the one of their account. The name may be a stranger's text. */
export function confirmEmailMail({ url, hours, site, isChange }: ConfirmEmailContext, texts: MailTexts): MailContent {
  const { subject, heading, text, changeText, signIn, action, ignore } = texts.confirmEmail
  const what = isChange ? changeText(site, hours) : text(site, hours)
  return {
    subject: subject(site),
    preview: what,
    heading,
    paragraphs: [texts.greeting(null), what, signIn],
    details: [],
    actions: [{ label: action, url }],
    notes: [ignore],
  }
}
