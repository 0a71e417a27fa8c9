import { currentLanguage, currentLocale } from './i18n.ts'
import { directionOf } from './languages.ts'

/** Formatters are expensive to create and used hundreds of times, so they are cached. */
const formatters = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat | Intl.ListFormat | Intl.DisplayNames>()

function cached<Formatter extends Intl.DateTimeFormat | Intl.NumberFormat | Intl.ListFormat | Intl.DisplayNames>(
  kind: string,
  options: object,
  make: (locale: string) => Formatter,
): Formatter {
  const locale = currentLocale()
  const key = `${kind} ${locale} ${JSON.stringify(options)}`
  const found = formatters.get(key)
  // The callers below use each `kind` for one type of formatter.
  if (found !== undefined) return found as Formatter
  const formatter = make(locale)
  formatters.set(key, formatter)
  return formatter
}

function dateTime(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return cached('date', options, (locale) => new Intl.DateTimeFormat(locale, options))
}

type Instant = string | number | Date
type Times = { from: Instant; to: Instant }

let zone: string | undefined

/** The reader's time zone, cached: looking it up is slow, and a page does so hundreds of times. */
export function ownTimeZone(): string {
  zone ??= Intl.DateTimeFormat().resolvedOptions().timeZone
  return zone
}

const hourAndMinute = { hour: 'numeric', minute: '2-digit' } as const

/** `9:30` or `9:30 am`, by the reader's locale, on one line */
export function formatTime(instant: Instant, timeZone: string): string {
  return onOneLine(dateTime({ ...hourAndMinute, timeZone }).format(new Date(instant)))
}

/** `9:30:05`, where seconds matter. */
export function formatTimeOfDay(instant: Instant, timeZone: string): string {
  return onOneLine(dateTime({ ...hourAndMinute, second: '2-digit', timeZone }).format(new Date(instant)))
}

function isHour12(): boolean {
  return dateTime(hourAndMinute).resolvedOptions().hour12 === true
}

/** `9:30–10:00` or `9:30–10:00 am`, on one line */
export function formatTimes(startsAt: Instant, endsAt: Instant, timeZone: string): string {
  const times = dateTime({ ...hourAndMinute, timeZone })
  if (isHour12()) {
    return onOneLine(times.formatRange(new Date(startsAt), new Date(endsAt)))
  }
  // Where hours are counted to 24, Intl writes ranges in another format than single times: 09:30 and 9:30.
  return onOneLine(`${formatTime(startsAt, timeZone)}–${formatTime(endsAt, timeZone)}`)
}

/** Lines may break at spaces, also thin ones, and after dashes unless a word joiner follows. */
function onOneLine(times: string): string {
  return times.replaceAll(' ', '\u00a0').replaceAll('\u2009', '\u202f').replaceAll('–', '–\u2060')
}

/** `Monday 23 November`, with the year if it is not the current one. */
export function formatDay(instant: Instant, timeZone: string): string {
  return dateTime({ weekday: 'long', day: 'numeric', month: 'long', timeZone, ...yearUnlessNow(instant) }).format(
    new Date(instant),
  )
}

/** `Monday 23 November, 9:30` */
export function formatLongDayTime(instant: Instant, timeZone: string): string {
  return `${formatDay(instant, timeZone)}${comma()} ${formatTime(instant, timeZone)}`
}

/** The comma of the reader's language. */
export function comma(): string {
  return directionOf(currentLanguage()) === 'rtl' ? '،' : ','
}

/** `Mon 23 Nov` */
export function formatShortDay(instant: Instant, timeZone: string): string {
  const options = { weekday: 'short', day: 'numeric', month: 'short', timeZone } as const
  return dateTime({ ...options, ...yearUnlessNow(instant) }).format(new Date(instant))
}

/** `Mon 23 Nov, 09:30` */
export function formatDayTime(instant: Instant, timeZone: string): string {
  const day = { weekday: 'short', day: 'numeric', month: 'short', timeZone, ...yearUnlessNow(instant) } as const
  const text = dateTime({ ...day, ...hourAndMinute }).format(new Date(instant))
  // The half of the day stays beside its time.
  return text.replace(/(\p{N}) (\S+)$/u, '$1\u00a0$2')
}

/**
 * The times on a page of a day: `23:00–01:00`, and if they begin on another day, `Sun 22 Nov, 23:00–01:00`
 *
 * @param dayStart milliseconds since 1970
 */
export function formatTimesOn(dayStart: number, startsAt: Instant, endsAt: Instant, timeZone: string): string {
  if (isSameDay(dayStart, startsAt, timeZone)) return formatTimes(startsAt, endsAt, timeZone)
  return `${formatDayTime(startsAt, timeZone)}–\u2060${formatTime(endsAt, timeZone)}`
}

/** `00:30`, or `Tue 24 Nov, 00:30` if that is another day than the planned one. */
export function formatTimeUnlike(planned: Instant, instant: Instant, timeZone: string): string {
  return (isSameDay(planned, instant, timeZone) ? formatTime : formatDayTime)(instant, timeZone)
}

/** `9:30–10:00`, each time with its day if that is another one than the planned one, and is not named before. */
export function formatTimesUnlike(planned: Times, { from, to }: Times, timeZone: string): string {
  if (isSameDay(planned.from, from, timeZone)) {
    if (isSameDay(planned.to, to, timeZone)) return formatTimes(from, to, timeZone)
    return `${formatTime(from, timeZone)}–\u2060${formatDayTime(to, timeZone)}`
  }
  const end = isSameDay(from, to, timeZone) ? formatTime : formatDayTime
  return `${formatDayTime(from, timeZone)}–\u2060${end(to, timeZone)}`
}

/** Whether two instants are on the same local day. */
export function isSameDay(one: Instant, other: Instant, timeZone: string): boolean {
  const days = dateTime({ day: 'numeric', month: 'numeric', year: 'numeric', timeZone })
  return days.format(new Date(one)) === days.format(new Date(other))
}

/** `Monday 23 November 2026, 9:30–9:45`, as shown on a ticket. */
export function formatAppointment(startsAt: Instant, endsAt: Instant, timeZone: string): string {
  const day = { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric', timeZone } as const
  const [start, end] = [new Date(startsAt), new Date(endsAt)]
  const days = dateTime(day)
  if (days.format(start) !== days.format(end)) {
    // `formatRange` has hours of two digits in some languages.
    return [start, end].map((at) => `${days.format(at)}${comma()} ${formatTime(at, timeZone)}`).join(' – ')
  }
  return `${days.format(start)}${comma()} ${formatTimes(start, end, timeZone)}`
}

/** A calendar day `YYYY-MM-DD`, which has no time zone. */
export function formatDate(
  date: string,
  options: Intl.DateTimeFormatOptions = { weekday: 'short', day: 'numeric', month: 'short' },
): string {
  return dateTime({ ...options, timeZone: 'UTC' }).format(new Date(`${date}T00:00:00Z`))
}

const numericDate = { day: '2-digit', month: '2-digit', year: 'numeric', calendar: 'gregory' } as const

/** `23.11.2026`, as fields have it. */
export function formatNumericDate(date: string): string {
  return formatDate(date, numericDate)
}

const partsOf = (options: Intl.DateTimeFormatOptions) =>
  dateTime({ ...options, timeZone: 'UTC' }).formatToParts(new Date('2024-01-01T21:00:00Z'))

/** `day/month/year`, in the words and the order of the reader's language. */
export function datePattern(): string {
  return patternOf(numericDate)
}

/** `hour:minute`, and the half of the day if it has one. */
export function timePattern(): string {
  return patternOf(hourAndMinute)
}

function patternOf(options: Intl.DateTimeFormatOptions): string {
  const names = cached('names', { of: 'parts' }, (locale) => new Intl.DisplayNames(locale, { type: 'dateTimeField' }))
  return partsOf(options)
    .map(({ type, value }) => (type === 'literal' ? value : names.of(type)))
    .join('')
}

export function orderOfDate(): ('year' | 'month' | 'day')[] {
  return partsOf(numericDate)
    .map(({ type }) => type)
    .filter((type) => type === 'year' || type === 'month' || type === 'day')
}

/** What the reader's language writes for the morning and the afternoon; null: it counts hours to 24. */
export function halvesOfDay(): [string, string] | null {
  if (!isHour12()) return null
  const half = (time: string) =>
    dateTime({ ...hourAndMinute, timeZone: 'UTC' })
      .formatToParts(new Date(`2024-01-01T${time}:00Z`))
      .find(({ type }) => type === 'dayPeriod')?.value ?? ''
  return [half('09:00'), half('21:00')]
}

/** The first weekday in the reader's language: 0 (Sunday) to 6, or 1 where the browser does not know it. */
export function firstWeekday(): 0 | 1 | 2 | 3 | 4 | 5 | 6 {
  const locale: { getWeekInfo?: () => { firstDay: number } } = new Intl.Locale(currentLocale())
  return ((locale.getWeekInfo?.().firstDay ?? 1) % 7) as 0 | 1 | 2 | 3 | 4 | 5 | 6
}

/** `Monday`. @param weekday 1 (Monday) to 7 */
export function formatWeekday(weekday: number): string {
  // 1 January 2024 was a Monday.
  return formatDate(`2024-01-0${weekday}`, { weekday: 'long' })
}

/** `9:30` or `9:30 am`, of a local time `HH:MM`. */
export function formatLocalTime(time: string): string {
  return formatTime(`2024-01-01T${time}:00Z`, 'UTC')
}

/** `9:30–16:00` or `9:30 am–4:00 pm`, on one line, of local times `HH:MM`. `24:00` is the end of the day. */
export function formatLocalTimes(from: string, to: string): string {
  // A range that ended on the next day would be written with its dates.
  if (to !== '24:00') return formatTimes(`2024-01-01T${from}:00Z`, `2024-01-01T${to}:00Z`, 'UTC')
  const midnight = dateTime({ ...hourAndMinute, hourCycle: isHour12() ? 'h12' : 'h24', timeZone: 'UTC' })
  return onOneLine(`${formatLocalTime(from)}–${midnight.format(new Date('2024-01-02T00:00:00Z'))}`)
}

/** `Mon – Fri`, or `Mon` if both are the same. @param first and last: 1 (Monday) to 7 */
export function formatWeekdays(first: number, last: number): string {
  const day = (weekday: number) => new Date(`2024-01-0${weekday}T00:00:00Z`)
  return onOneLine(dateTime({ weekday: 'short', timeZone: 'UTC' }).formatRange(day(first), day(last)))
}

/**
 * The zone's name, such as `Central European Time`, `CET` or, where it has none, `United Kingdom Time`; with `offset`,
 * its distance from UTC at that moment.
 */
export function formatZone(instant: Instant, timeZone: string, style: 'long' | 'short' | 'offset' = 'long'): string {
  const timeZoneName = ({ long: 'longGeneric', short: 'shortGeneric', offset: 'longOffset' } as const)[style]
  const formatter = dateTime({ timeZone, timeZoneName })
  // Its name would be an offset, such as GMT+00:00.
  if (style !== 'offset' && formatter.resolvedOptions().timeZone === 'UTC') return 'UTC'
  const name = formatter.formatToParts(new Date(instant)).find((part) => part.type === 'timeZoneName')?.value
  // German: `Vereinigtes Königreich (Ortszeit)`, which would be in brackets within brackets.
  return name?.replace(/^(.+) \((.+)\)$/, '$2 $1') ?? timeZone
}

/** Minor units and an ISO 4217 code; `£65` when there are no pence. */
export function formatMoney(fee: { amount: number; currency: string }): string {
  // In right-to-left text, a symbol such as `UK£` would be split.
  const currencyDisplay = directionOf(currentLanguage()) === 'rtl' ? 'code' : 'symbol'
  const { currency } = fee
  const options = { style: 'currency', currency, currencyDisplay, trailingZeroDisplay: 'stripIfInteger' } as const
  const formatter = cached('number', options, (locale) => new Intl.NumberFormat(locale, options))
  const digits = formatter.resolvedOptions().maximumFractionDigits ?? 2
  return formatter.format(fee.amount / 10 ** digits)
}

/** `last month`, `in 10 years` */
export function formatRelative(distance: number, unit: 'month' | 'year'): string {
  return new Intl.RelativeTimeFormat(currentLocale(), { numeric: 'auto' }).format(distance, unit)
}

export function formatNumber(value: number, options: Intl.NumberFormatOptions = {}): string {
  return cached('number', options, (locale) => new Intl.NumberFormat(locale, options)).format(value)
}

/** The reader's decimal separator. Fields accept Latin digits only. */
export function decimalSeparator(): '.' | ',' {
  const parts = cached('number', {}, (locale) => new Intl.NumberFormat(locale)).formatToParts(0.5)
  return parts.find(({ type }) => type === 'decimal')?.value === ',' ? ',' : '.'
}

/** 0–1 as a percentage. */
export function formatShare(share: number): string {
  return formatNumber(share, { style: 'percent', maximumFractionDigits: 1 })
}

/** `15 minutes`, `1 hour 30 minutes` */
export function formatMinutes(minutes: number): string {
  const part = (value: number, unit: string) => formatNumber(value, { style: 'unit', unit, unitDisplay: 'long' })
  const hours = Math.floor(minutes / 60)
  if (hours === 0) return part(minutes, 'minute')
  return minutes % 60 === 0 ? part(hours, 'hour') : `${part(hours, 'hour')} ${part(minutes % 60, 'minute')}`
}

/** `1:05`: minutes and seconds of a countdown, in the locale's digits. */
export function formatCountdown(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds))
  const two = (part: number) => formatNumber(part % 60, { minimumIntegerDigits: 2 })
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return `${formatNumber(minutes)}:${two(whole)}`
  return `${formatNumber(Math.floor(minutes / 60))}:${two(minutes)}:${two(whole)}`
}

/** `English, Igbo`, as a list in the reader's language. */
export function formatLanguages(tags: readonly string[]): string {
  const options = { type: 'unit', style: 'short' } as const
  return cached('list', options, (locale) => new Intl.ListFormat(locale, options)).format(tags.map(formatLanguage))
}

/** `pt-BR` as `Brazilian Portuguese`. */
export function formatLanguage(tag: string): string {
  const names = cached('names', {}, (locale) => new Intl.DisplayNames(locale, { type: 'language', fallback: 'code' }))
  return names.of(tag) ?? tag
}

function yearUnlessNow(instant: Instant): { year?: 'numeric' } {
  return new Date(instant).getUTCFullYear() === new Date().getUTCFullYear() ? {} : { year: 'numeric' }
}
