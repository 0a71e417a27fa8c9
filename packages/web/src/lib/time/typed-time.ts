import { latinDigits } from './latin-digits.ts'

/** What a reader's language writes for the morning and for the afternoon, beside am and pm. */
type Halves = readonly [string, string]

/**
 * The time `HH:MM` that somebody typed: `930`, `9:30`, `9.30`, `9 30`, `14`, `2 pm`; null: none. `24:00` is `00:00`.
 *
 * @param halves null: the reader's language counts to 24 hours. Otherwise an hour up to 12 without a half of the day is
 *   in that of `value`, and is no time without one
 * @param value the time before, `HH:MM`; empty: none
 */
export function typedTime(text: string, halves: Halves | null = null, value = ''): string | null {
  const plain = latinDigits(text).trim().toLowerCase()
  const [, digits = '', minutes, shortMinutes, half = ''] =
    /^(?:(\d{1,2})(?:\s*[:.,h\s]\s*(\d{2})|(\d{2}))?)\s*(?:h|uhr)?\s*(\D*)$/.exec(plain) ?? []
  const half12 = halfOf(half, halves ?? ['am', 'pm'])
  if (digits === '' || half12 === null) return null
  const [hour, minute] = [Number(digits), Number(minutes ?? shortMinutes ?? 0)]
  if (minute > 59) return null
  const isOpen = half12 < 0 && halves !== null && hour >= 1 && hour <= 12
  if (isOpen && value === '') return null
  const halfIndex = isOpen ? Number(value >= '12:00') : half12
  if (halfIndex < 0) return hour < 24 || (hour === 24 && minute === 0) ? written(hour % 24, minute) : null
  return hour >= 1 && hour <= 12 ? written((hour % 12) + 12 * halfIndex, minute) : null
}

/** 0: the morning, 1: the afternoon, -1: none is written; null: something else is. */
function halfOf(text: string, halves: Halves): 0 | 1 | -1 | null {
  const half = text.replace(/[\s.]/g, '')
  if (half === '') return -1
  const index = [halves[0], halves[1]].findIndex((one) => one.toLowerCase().replace(/[\s.]/g, '') === half)
  if (index >= 0) return index === 0 ? 0 : 1
  return /^am?$/.test(half) ? 0 : /^pm?$/.test(half) ? 1 : null
}

function written(hour: number, minute: number): string {
  return [hour, minute].map((part) => String(part).padStart(2, '0')).join(':')
}

/** Whether the text has an hour and minutes, and a half of the day where it needs one. */
export function isWholeTime(text: string, halves: Halves | null = null): boolean {
  return /^\d{1,2}[:.]\d\d\b/.test(latinDigits(text.trim())) && typedTime(text, halves) !== null
}
