import type { Clinic, ClinicLogo, MessageContent, MessageSettings } from '@holdfast/engine'
import type { MessageChannel, MessageLanguage } from '@holdfast/vocabulary'
import { type MailSettings, messageMail } from '../patient-messages/message-mail.ts'
import { isSmsKind, smsParts, smsText } from '../patient-messages/message-sms.ts'
import { withLogoInside } from '../rendering/mail-logo.ts'
import { type SampleKind, sampleOf } from './sample-messages.ts'

export type PreviewedMessage = { kind: SampleKind; language: MessageLanguage; channel: MessageChannel }

/** What of a preview is the clinic's, not invented. */
export type PreviewedClinic = {
  clinic: Pick<Clinic, 'name' | 'timezone' | 'address' | 'phone'>
  settings: MessageSettings
  logo: ClinicLogo | null
  now: Date
}

/** A preview as the API returns it. An SMS is a text alone. */
export type MessagePreview = {
  subject: string | null
  html: string | null
  text: string
  smsParts: number | null
}

const daysAhead = 3
const dayMs = 86_400_000
const hourMs = 3_600_000

/**
 * A message as patients of the clinic get it, by the code that sends it, with an invented patient, doctor and time.
 *
 * @returns null: no such message is sent by this channel
 */
export function previewMessage(
  { kind, language, channel }: PreviewedMessage,
  previewed: PreviewedClinic,
  mailSettings: MailSettings,
): MessagePreview | null {
  const { message, facts } = sampleFor(kind, language, previewed)
  if (channel === 'sms') {
    if (!isSmsKind(message.kind)) return null
    const text = smsText(message.kind, facts, mailSettings.links, message.byPatient === true)
    return { subject: null, html: null, text, smsParts: smsParts(text) }
  }
  const { content } = messageMail(message, facts, mailSettings)
  return { ...shownContent(content, previewed.logo), smsParts: null }
}

function sampleFor(kind: SampleKind, language: MessageLanguage, { clinic, settings, logo, now }: PreviewedClinic) {
  const { name: clinicName, timezone, address, phone } = clinic
  const startsAt = new Date(Math.ceil(now.getTime() / hourMs) * hourMs + daysAhead * dayMs)
  return sampleOf(kind, language, { clinicName, timezone, address, phone, settings, logo, startsAt })
}

function shownContent({ subject, html, text }: MessageContent, logo: ClinicLogo | null) {
  return { subject, html: logo === null ? html : withLogoInside(html, logo), text }
}
