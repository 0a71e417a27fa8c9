import type { MailContent } from '../rendering/mail-content.ts'
import type { MailTexts } from '../texts/en.ts'

export type EmailChangedContext = {
  /** The host of the site. */
  site: string
  /** null: the recipient cannot take the address back. */
  undo: { url: string; hours: number } | null
  /** The account had the recipient's address for so short a time that only the one before it can. */
  isUndoneByEarlierAddress?: boolean
}

/** The mail to the earlier address of an account: what changed, and what to do if its owner did not do it. */
export function emailChangedMail(context: EmailChangedContext, texts: MailTexts): MailContent {
  const { site, undo, isUndoneByEarlierAddress = false } = context
  const { subject, heading, text, undoText, undoAction, earlierAddress, nothing } = texts.emailChanged
  const withoutLink = isUndoneByEarlierAddress ? earlierAddress : nothing
  return {
    subject: subject(site),
    preview: text(site),
    heading,
    paragraphs: [texts.greeting(null), text(site), undo === null ? withoutLink : undoText(undo.hours)],
    details: [],
    actions: undo === null ? [] : [{ label: undoAction, url: undo.url }],
    notes: [],
  }
}
