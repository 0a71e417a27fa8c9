import type { MailContent } from '../rendering/mail-content.ts'
import type { MailTexts } from '../texts/en.ts'

export type AddressInUseContext = {
  /** The host of the site. */
  site: string
  /** Where the owner of the account signs in, or asks for a new password. */
  signInUrl: string
}

/** Somebody has tried to create an account with the address of one that exists. */
export function addressInUseMail({ site, signInUrl }: AddressInUseContext, texts: MailTexts): MailContent {
  const { subject, heading, text, ifYou, ifNotYou, action } = texts.addressInUse
  return {
    subject: subject(site),
    preview: text(site),
    heading,
    paragraphs: [texts.greeting(null), text(site), ifYou],
    details: [],
    actions: [{ label: action, url: signInUrl }],
    notes: [ifNotYou],
  }
}
