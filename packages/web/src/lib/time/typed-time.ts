import { latinDigits } from './latin-digits.ts'

/**
 * The time `HH:MM` that somebody typed: `930`, `9:30`, `9.30`, `9 30`, `14`, `2 pm`; null: none. `24:00` is `00:00`.
 *
 * @param halves what the reader's language writes for the morning and for the afternoon, beside am and pm
 */
export function typedTime(text: string, halves: readonly [string, string] = ['am', 'pm']): string | null {
  const plain = latinDigits(text).trim().toLowerCase()
  const [, digits = '', minutes, shortMinutes, half = ''] =
    /^(?:(\d{1,2})(?:\s*[:.,h\s]\s*(\d{2})|(\d{2}))?)\s*(?:h|uhr)?\s*(\D*)$/.exec(plain) ?? []
  const halfIndex = halfOf(half, halves)
  if (digits === '' || halfIndex === null) return null
  const [hour, minute] = [Number(digits), Number(minutes ?? shortMinutes ?? 0)]
  if (minute > 59) return null
  if (halfIndex < 0) return hour < 24 || (hour === 24 && minute === 0) ? written(hour % 24, minute) : null
  return hour >= 1 && hour <= 12 ? written((hour % 12) + 12 * halfIndex, minute) : null
}

/** 0: the morning, 1: the afternoon, -1: none is written; null: something else is. */
function halfOf(text: string, halves: readonly [string, string]): 0 | 1 | -1 | null {
  const half = text.replace(/[\s.]/g, '')
  if (half === '') return -1
  const index = [halves[0], halves[1]].findIndex((one) => one.toLowerCase().replace(/[\s.]/g, '') === half)
  if (index >= 0) return index === 0 ? 0 : 1
  return /^am?$/.test(half) ? 0 : /^pm?$/.test(half) ? 1 : null
}

function written(hour: number, minute: number): string {
  return [hour, minute].map((part) => String(part).padStart(2, '0')).join(':')
}

/** Whether the text has an hour and minutes, so that only the half of the day could be added. */
export function isWholeTime(text: string): boolean {
  return /^\d{1,2}[:.]\d\d\b/.test(latinDigits(text.trim()))
}
