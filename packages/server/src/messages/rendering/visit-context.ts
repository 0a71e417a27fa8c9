import type { MessageFacts, SeriesFacts, VisitType } from '@holdfast/engine'
import type { MessageLanguage } from '@holdfast/vocabulary'
import { referenceOf } from '@holdfast/vocabulary'
import type { VisitContext } from './mail-content.ts'
import type { MailLinks } from './mail-links.ts'
import { shownName } from './shown-name.ts'

export function visitContext(facts: MessageFacts, language: MessageLanguage, links: MailLinks): VisitContext {
  const { patient, clinicName, address, phone, doctorName, visitType, appointmentType, units } = facts
  const { startsAt, endsAt, timezone, settings, series } = facts
  const withText = (visits: SeriesFacts['toCome']) =>
    visits.map((one) => ({ number: one.number, when: whenText(one.startsAt, timezone, language) }))
  return {
    patientName: shownName(patient.name),
    clinicName,
    clinicAddress: address,
    clinicPhone: phone,
    doctorName,
    visitType: visitType && {
      name: visitNameOf(visitType, language),
      length: minutesText((endsAt.getTime() - startsAt.getTime()) / 60_000, language),
      preparation: visitType.preparation,
    },
    isVideo: appointmentType === 'video',
    units,
    when: whenText(startsAt, timezone, language),
    reference: referenceOf(facts.bookingId),
    ticketUrl: links.ticket(facts),
    series: series && { total: series.total, cancelled: withText(series.cancelled), toCome: withText(series.toCome) },
    textBefore: settings.textBefore,
    textAfter: settings.textAfter,
  }
}

/** The name of a visit type in a patient's language, if the clinic has given one. */
export function visitNameOf({ name, names }: Pick<VisitType, 'name' | 'names'>, language: MessageLanguage): string {
  return names[language] ?? name
}

/** `40 minutes` */
function minutesText(minutes: number, language: MessageLanguage): string {
  return new Intl.NumberFormat(language, { style: 'unit', unit: 'minute', unitDisplay: 'long' }).format(minutes)
}

/** How a day, a time and the name of its zone are joined. */
const joined: Record<MessageLanguage, (day: string, time: string, zone: string) => string> = {
  en: (day, time, zone) => `${day} at ${time} (${zone})`,
  // Where a zone has no name, it is called by its place: `Vereinigtes Königreich (Ortszeit)`.
  de: (day, time, zone) => `${day} um ${time} Uhr (${zone.replace(/^(.+) \(Ortszeit\)$/, 'Ortszeit $1')})`,
  ar: (day, time, zone) => `${day} الساعة ${time} ${/^(?:ال)?توقيت/.test(zone) ? `ب${zone}` : `بتوقيت ${zone}`}`,
}

/** `Monday, 23 November 2026 at 10:00 (Central European Time)`, by the names that people use for time zones. */
export function whenText(at: Date, timeZone: string, language: MessageLanguage): string {
  const part = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, { ...options, timeZone })
  const day = part({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }).format(at)
  const time = part({ hour: 'numeric', minute: '2-digit' }).format(at)
  const zone = part({ timeZoneName: 'longGeneric' })
  const name = zone.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? timeZone
  return joined[language](day, time, zone.resolvedOptions().timeZone === 'UTC' ? 'UTC' : name)
}

/** `1–30 November 2026`: from one local day `YYYY-MM-DD` to another. */
export function daysText({ from, to }: { from: string; to: string }, language: MessageLanguage): string {
  const format = new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, { dateStyle: 'long', timeZone: 'UTC' })
  return format.formatRange(new Date(from), new Date(to))
}
