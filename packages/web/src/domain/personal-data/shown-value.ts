import { referenceOf } from '@holdfast/vocabulary'

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/
const date = /^\d{4}-\d\d-\d\d$/

/** How values of a document are written in the reader's language. */
export type ValueWords = {
  time(instant: string): string
  date(day: string): string
  /** What a code such as CONFIRMED means; undefined: it is shown as it is. */
  word(code: string): string | undefined
  isTrue: string
  isFalse: string
}

/** Fields of ids of bookings, which are shown as the references that people know. */
const ofBookings = ['booking', 'bookings']

/** The value of a field as text; null: there is nothing to show. */
export function shownValue(field: string, value: unknown, words: ValueWords): string | null {
  return ofBookings.includes(field) ? shown(value, { ...words, word: referenceOf }) : shown(value, words)
}

function shown(value: unknown, words: ValueWords): string | null {
  if (value === null || value === undefined || value === '') return null
  if (typeof value === 'boolean') return value ? words.isTrue : words.isFalse
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string') {
    if (time.test(value)) return words.time(value)
    if (date.test(value)) return words.date(value)
    return words.word(value) ?? value
  }
  const parts = Array.isArray(value)
    ? value.map((one) => shown(one, words))
    : Object.entries(value).map(([name, one]) => {
        const text = shown(one, words)
        return text === null ? null : `${words.word(name) ?? name}: ${text}`
      })
  const filled = parts.filter((part) => part !== null)
  return filled.length === 0 ? null : filled.join(', ')
}
