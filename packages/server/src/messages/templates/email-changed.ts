import type { MailContent } from '../rendering/mail-content.ts'
import type { MailTexts } from '../texts/en.ts'

export type EmailChangedContext = {
  /** The host of the site. */
  site: string
  /** null: the recipient had never confirmed that the address is theirs. */
  undo: { url: string; hours: number } | null
}

/** To the earlier address of an account: what changed, and what to do if its owner did not do it. */
export function emailChangedMail({ site, undo }: EmailChangedContext, texts: MailTexts): MailContent {
  const { subject, heading, text, undoText, undoAction, nothing } = texts.emailChanged
  return {
    subject: subject(site),
    preview: text(site),
    heading,
    paragraphs: [texts.greeting(null), text(site), undo === null ? nothing : undoText(undo.hours)],
    details: [],
    actions: undo === null ? [] : [{ label: undoAction, url: undo.url }],
    notes: [],
  }
}
