import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageLanguages } from '@holdfast/vocabulary'
import { messageMail } from '../patient-messages/message-mail.ts'
import { withLogoInside } from '../rendering/mail-logo.ts'
import { mailTexts, renderMail } from '../rendering/render-mail.ts'
import { ticketLinkMail } from '../templates/ticket-link.ts'
import { sampleLogo } from './sample-logo.ts'
import { sampleAccountMails, sampleKinds, sampleOf, sampleSettings, sampleTicketLink } from './sample-messages.ts'

/**
 * Writes the mails to patients and to accounts in every language into a folder, with invented people.
 *
 * @returns the files' names
 */
export async function writePreviews(directory: string): Promise<string[]> {
  await mkdir(directory, { recursive: true })
  const names: string[] = []
  for (const language of messageLanguages) {
    const context = sampleTicketLink(language)
    const content = renderMail(ticketLinkMail(context, mailTexts[language]), language, context.clinicName)
    const files = [
      [`ticket-link.${language}.html`, content.html],
      [`ticket-link.${language}.txt`, `${content.subject}\n\n${content.text}\n`],
    ] as const
    for (const [name, text] of files) {
      await writeFile(join(directory, name), text)
      names.push(name)
    }
  }
  for (const language of messageLanguages) {
    for (const [name, { sender, content }] of Object.entries(sampleAccountMails(language))) {
      const { subject, html, text } = renderMail(content, language, sender)
      await writeFile(join(directory, `${name}.${language}.html`), html)
      await writeFile(join(directory, `${name}.${language}.txt`), `${subject}\n\n${text}\n`)
      names.push(`${name}.${language}.html`, `${name}.${language}.txt`)
    }
  }
  const samples = [
    ...sampleKinds.map((kind) => ({ name: kind.replaceAll('_', '-'), kind, logo: null })),
    { name: 'confirmed-with-logo', kind: 'confirmed', logo: sampleLogo } as const,
  ]
  for (const { name: sample, kind, logo } of samples) {
    for (const language of messageLanguages) {
      const { message, facts } = sampleOf(kind, language, { logo })
      const { mail, content } = messageMail(message, facts, sampleSettings)
      const files = [
        [`${sample}.${language}.html`, logo === null ? content.html : withLogoInside(content.html, logo)],
        [`${sample}.${language}.txt`, `${content.subject}\n\n${content.text}\n`],
        ...(mail.calendar === null ? [] : [[`${sample}.${language}.ics`, mail.calendar.content] as const]),
      ] as const
      for (const [name, text] of files) {
        await writeFile(join(directory, name), text)
        names.push(name)
      }
    }
  }
  return names
}

if (import.meta.main) {
  const [directory = 'mail-previews'] = process.argv.slice(2)
  const names = await writePreviews(directory)
  console.log(`${names.length} files are in ${directory}`)
}
