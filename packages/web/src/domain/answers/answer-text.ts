import type { Answer } from '@holdfast/contract/client'
import type { TFunction } from 'i18next'
import { formatDayTime, formatNumericDate } from '../../lib/i18n/format.ts'
import { localLabel } from './local-label.ts'

/** An answer in words, for a reader of the page's language; of a consent, when it was given and withdrawn. */
export function answerText(answer: Answer, t: TFunction<'answers'>, timeZone: string): string {
  const { kind, value, required, choice, agreedAt, withdrawnAt } = answer
  const times = [
    withdrawnAt === undefined ? null : t('withdrawn', { time: formatDayTime(withdrawnAt, timeZone) }),
    agreedAt === undefined ? null : t('agreed', { time: formatDayTime(agreedAt, timeZone) }),
  ].filter((time) => time !== null)
  if (times.length > 0) return times.join(' · ')
  if (value === undefined) return t(required ? 'notAsked' : 'notAnswered')
  if (kind === 'consent') return t('declined')
  if (choice !== undefined) return localLabel(choice)
  return kind === 'date' ? formatNumericDate(String(value)) : String(value)
}

/** Whether the patient has agreed, and may no longer agree. */
export function canBeWithdrawn({ agreedAt, withdrawnAt }: Answer): boolean {
  return agreedAt !== undefined && withdrawnAt === undefined
}
