import type { MailContent } from '../rendering/mail-content.ts'
import type { MailTexts } from '../texts/en.ts'

export type AccountChangedContext = {
  /** The host of the site. */
  site: string
  /** The password, or a second factor that is new, removed or replaced. */
  change: 'password' | 'app' | 'passkey' | 'app_removed' | 'passkey_removed' | 'recovery_codes'
  /** How long a link for a new password removes a new factor; null: it removes none. */
  removableHours: number | null
  /** Whether new factors were removed with the change of the password. */
  areFactorsRemoved: boolean
  /** The time, with the zone. */
  when: string
  /** Where the account's person asks for a link to another password. */
  newPasswordUrl: string
}

/** What is needed to sign in to an account was changed. */
export function accountChangedMail(context: AccountChangedContext, texts: MailTexts): MailContent {
  const { site, change, removableHours, areFactorsRemoved, when, newPasswordUrl } = context
  const { ifNotYou, removable, factorsRemoved, action } = texts.accountChanged
  const isRemovable = (change === 'app' || change === 'passkey') && removableHours !== null
  const { subject, heading, text } = texts.accountChanged[change]
  return {
    subject: subject(site),
    preview: text(site),
    heading,
    paragraphs: [texts.greeting(null), text(site), ...(areFactorsRemoved ? [factorsRemoved] : [])],
    details: [{ label: texts.when, value: when }],
    actions: [{ label: action, url: newPasswordUrl }],
    notes: [isRemovable ? `${ifNotYou} ${removable(removableHours)}` : ifNotYou],
  }
}
