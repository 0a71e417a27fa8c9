import type { MailContent } from '../rendering/mail-content.ts'
import type { MailTexts } from '../texts/en.ts'

export type WebhookPausedContext = {
  clinicName: string
  /** Its host alone: paths may have secrets in them. */
  host: string
  isGone: boolean
  /** The page of the clinic's webhooks. */
  url: string
}

/** For a clinic's administrators: events are no longer sent. */
export function webhookPausedMail(context: WebhookPausedContext, texts: MailTexts): MailContent {
  const { subject, heading, failing, gone, next, action } = texts.webhookPaused
  const text = context.isGone ? gone(context.host) : failing(context.host)
  return {
    subject: subject(context.host),
    preview: text,
    heading,
    paragraphs: [text, next],
    details: [],
    actions: [{ label: action, url: context.url }],
    notes: [],
  }
}
