import type { MailContent } from '../rendering/mail-content.ts'
import type { MailTexts } from '../texts/en.ts'

export type NewSignInContext = {
  /** The host of the site. */
  site: string
  /** The time, with the zone. */
  when: string
  /** The browser and its system, as it names itself; null: it does not. */
  browser: string | null
  /** Where sessions end. */
  sessionsUrl: string
}

/** Somebody has signed in where the account was not used before. */
export function newSignInMail({ site, when, browser, sessionsUrl }: NewSignInContext, texts: MailTexts): MailContent {
  const { subject, heading, text, browserLabel, unknown, ifNotYou, action } = texts.newSignIn
  return {
    subject: subject(site),
    preview: text(site),
    heading,
    paragraphs: [texts.greeting(null), text(site)],
    details: [
      { label: texts.when, value: when },
      { label: browserLabel, value: browser ?? unknown },
    ],
    actions: [{ label: action, url: sessionsUrl }],
    notes: [ifNotYou],
  }
}
