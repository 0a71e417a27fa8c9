import type { MessageContent } from '@holdfast/engine'
import type { MessageLanguage } from '@holdfast/vocabulary'
import { renderToStaticMarkup } from 'react-dom/server'
import { ar } from '../texts/ar.ts'
import { de } from '../texts/de.ts'
import { en, type MailTexts } from '../texts/en.ts'
import type { MailContent } from './mail-content.ts'
import { mailLayout } from './mail-layout.ts'
import type { ShownLogo } from './mail-logo.ts'

export const mailTexts: Record<MessageLanguage, MailTexts> = { en, de, ar }

/** A mail as HTML and as text. @param sender the clinic's name. @param logo null: none */
export function renderMail(
  content: MailContent,
  language: MessageLanguage,
  sender: string,
  logo: ShownLogo | null = null,
): MessageContent {
  const { direction } = mailTexts[language]
  const html = renderToStaticMarkup(mailLayout({ content, language, direction, sender, logo }))
  return { subject: oneLine(content.subject), html: `<!doctype html>${html}`, text: textOf(content, sender) }
}

function textOf(
  { heading, paragraphs, details, aboveActions = '', actions, notes }: MailContent,
  sender: string,
): string {
  return [
    heading,
    ...paragraphs,
    details.map(({ label, value }) => `${label}: ${value}`).join('\n'),
    aboveActions,
    ...actions.map(({ label, url }) => `${label}:\n${url}`),
    ...notes,
    `-- \n${sender}`,
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

/** Names come from people: a subject is one line. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim()
}
