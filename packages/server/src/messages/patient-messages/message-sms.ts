import type { MessageFacts, MessageReason } from '@holdfast/engine'
import { localDay, type MessageKind, type MessageLanguage, type SmsKind, smsKinds } from '@holdfast/vocabulary'
import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { SegmentedMessage } from 'sms-segments-calculator'
import type { MailLinks } from '../rendering/mail-links.ts'
import { mailTexts } from '../rendering/render-mail.ts'
import { places } from '../texts/places.ts'
import { type SmsTexts, smsTexts } from '../texts/sms-texts.ts'

/** A number to which an SMS can be sent, or why there is none. */
export type SmsNumber = { kind: 'number'; number: string; masked: string } | { kind: 'none'; reason: MessageReason }

const nameLengthMax = 40
/** Some countries, such as the United States, have the same numbers for both. */
const mobileTypes = new Set<string | undefined>(['MOBILE', 'FIXED_LINE_OR_MOBILE'])

/**
 * The number in its international form. Anybody can book with any number, and the clinic pays for each SMS: none is
 * sent to numbers that pay their owner, nor abroad.
 *
 * @param country of the clinic
 */
export function smsNumber(phone: string, country: string | null): SmsNumber {
  const parsed = parsePhoneNumberFromString(phone, knownCountry(country))
  if (parsed === undefined || !parsed.isValid()) return { kind: 'none', reason: 'number_invalid' }
  if (parsed.country !== country) return { kind: 'none', reason: 'number_abroad' }
  if (!mobileTypes.has(parsed.getType())) return { kind: 'none', reason: 'number_not_mobile' }
  const { number, countryCallingCode } = parsed
  return { kind: 'number', number, masked: `+${countryCallingCode}…${number.slice(-2)}` }
}

export function isCountry(country: string): boolean {
  return isSupportedCountry(country)
}

function knownCountry(country: string | null): CountryCode | undefined {
  return country !== null && isSupportedCountry(country) ? country : undefined
}

/**
 * A message as an SMS, in the patient's language and the clinic's time zone.
 *
 * @param byPatient who caused it
 */
export function smsText(kind: SmsKind, facts: MessageFacts, links: MailLinks, byPatient = false): string {
  const language = facts.patient.language ?? facts.settings.language
  const timeOf = (at: Date) => shortTime(at, facts.timezone, language)
  const when = timeOf(facts.startsAt)
  const text = smsTexts[language][textKeyOf(kind, facts, byPatient)]({
    clinic: facts.clinicName.slice(0, nameLengthMax),
    doctor: facts.doctorName.slice(0, nameLengthMax),
    when: facts.units > 1 ? `${when} (${places[language](facts.units)})` : when,
    until: timeOf(facts.holdExpiresAt ?? facts.startsAt),
    isComing: facts.isAttendanceConfirmed,
  })
  const withTicket = `${text} ${linkOf(kind, facts, links)}${ofSeries(kind, facts, language)}`
  if (kind !== 'reminder' || facts.isAttendanceConfirmed) return withTicket
  // The ticket has the same button, less prominently: the clinic pays for each part.
  const withQuestion = `${text} ${links.attend(facts)}`
  return smsParts(withQuestion) > smsParts(withTicket) ? withTicket : withQuestion
}

/** That there are more visits of a series which the message tells. */
function ofSeries(kind: SmsKind, { series }: MessageFacts, language: MessageLanguage): string {
  const isTold = kind === 'confirmed' || kind === 'moved' ? (series?.toCome.length ?? 0) > 1 : false
  return isTold || (kind === 'cancelled' && (series?.cancelled.length ?? 0) > 1)
    ? ` (${mailTexts[language].series.sms})`
    : ''
}

/** What these say leads to other times; what the others say, to the ticket. */
const hasOtherTimes: ReadonlySet<SmsKind> = new Set(['cancelled', 'withdrawn', 'declined', 'request_lapsed'])

function linkOf(kind: SmsKind, facts: MessageFacts, links: MailLinks): string {
  if (kind === 'offered' || isOfferWithdrawn(kind, facts)) return links.offer(facts)
  if (hasOtherTimes.has(kind)) {
    return links.times(facts.doctorId, localDay(facts.startsAt, facts.timezone), facts.visitType?.id ?? null)
  }
  return links.ticket(facts)
}

/** Not every request that has ended was declined: another one got its time, or the patient has withdrawn it. */
function textKeyOf(kind: SmsKind, facts: MessageFacts, byPatient: boolean): keyof SmsTexts {
  if (kind === 'declined' && facts.failureReason === 'time_taken') return 'timeTaken'
  if (kind === 'declined' && byPatient) return 'requestWithdrawn'
  return isOfferWithdrawn(kind, facts) ? 'offerWithdrawn' : kind
}

function isOfferWithdrawn(kind: SmsKind, { offerAnnounced }: MessageFacts): boolean {
  return kind === 'withdrawn' && offerAnnounced !== null
}

/** The number of parts in which the network sends it: GSM-7 has 160 characters in one, UCS-2 has 70. */
export function smsParts(text: string): number {
  return new SegmentedMessage(text).segmentsCount
}

const bySms: ReadonlySet<MessageKind> = new Set(smsKinds)

export function isSmsKind(kind: MessageKind): kind is SmsKind {
  return bySms.has(kind)
}

/** `Mon 23 Nov, 10:00`. The spaces that some languages have here would double the price. */
function shortTime(at: Date, timeZone: string, language: MessageLanguage): string {
  const { format } = new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: 'numeric',
    minute: '2-digit',
    timeZone,
  })
  return format(at).replaceAll(/[\u202f\u00a0]/g, ' ')
}
