import { addDays } from '@holdfast/vocabulary'
import { latinDigits } from './latin-digits.ts'
import { parseDay } from './local-time.ts'

type Part = 'year' | 'month' | 'day'
/** The first and the last day that may be chosen. */
type Bounds = { min?: string | undefined; max?: string | undefined }

/**
 * The day `YYYY-MM-DD` that somebody typed: `3.4.2027`, `3/4/27`, `3.4.`, `03042027`, `2027-04-03`; null: none.
 *
 * @param order of the reader's language. Before a month and a day, four digits are always the year.
 * @param today `YYYY-MM-DD`. A date without a year is the one next to it, in the past or in the future.
 * @param bounds what may be chosen: a date without a year or a century is one of these, if any is
 */
export function typedDate(
  text: string,
  order: readonly Part[],
  today: string,
  { min, max }: Bounds = {},
): string | null {
  const plain = latinDigits(text)
  if (!/^[\d\s./,-]+$/.test(plain)) return null
  const thisYear = Number(today.slice(0, 4))
  const numbers = plain.match(/\d+/g) ?? []
  const [digits = ''] = numbers
  const values = numbers.length === 1 ? digitsInParts(digits, order) : numbers
  const parts = values.length === 2 ? order.filter((part) => part !== 'year') : order
  const ordered = values.length === 3 && values[0]?.length === 4 ? (['year', 'month', 'day'] as const) : parts
  if (values.length !== ordered.length) return null
  const numberOf = (part: Part) => values[ordered.indexOf(part)] ?? ''
  const dayIn = (year: number) =>
    parseDay(`${year}-${numberOf('month').padStart(2, '0')}-${numberOf('day').padStart(2, '0')}`)
  const year = numberOf('year')
  if (year.length === 4) return dayIn(Number(year))
  const isAllowed = (day: string) => (min === undefined || day >= min) && (max === undefined || day <= max)
  const first = (days: (string | null)[]) => {
    const found = days.filter((day) => day !== null)
    return found.find(isAllowed) ?? found[0] ?? null
  }
  // Few clinics plan ten years ahead: other years are of birth.
  const centuries = 2000 + Number(year) > thisYear + 10 ? [1900, 2000] : [2000, 1900]
  if (year.length === 2) return first(centuries.map((century) => dayIn(Number(year) + century)))
  if (year !== '') return null
  const distance = (day: string | null) => Math.abs(Date.parse(day ?? '') - Date.parse(today))
  const days = [thisYear, thisYear - 1, thisYear + 1].map(dayIn).filter((day) => day !== null)
  return first(days.toSorted((one, other) => distance(one) - distance(other)))
}

/** The day so many days later that may be chosen, or the next one to it that may be. */
export function steppedDay(day: string, days: number, { min, max }: Bounds): string {
  const next = addDays(day, days)
  if (min !== undefined && next < min) return min
  return max !== undefined && next > max ? max : next
}

/** `03042027`, `030427` and `0304`, which can be typed on a keyboard that has only digits. */
function digitsInParts(digits: string, order: readonly Part[]): string[] {
  if (![4, 6, 8].includes(digits.length)) return []
  const parts = digits.length === 4 ? order.filter((part) => part !== 'year') : order
  let from = 0
  return parts.map((part) => {
    const length = part === 'year' ? digits.length - 4 : 2
    from += length
    return digits.slice(from - length, from)
  })
}

/** Whether the text has all of a date, so that nothing is added to it. */
export function isWholeDate(text: string): boolean {
  return /^\D*(\d{1,2}\D+\d{1,2}\D+\d{4}|\d{8}|\d{4}-\d\d-\d\d)$/.test(latinDigits(text.trim()))
}
