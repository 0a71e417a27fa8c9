import type { BlockedSlot } from '@holdfast/contract/client'
import type { TFunction } from 'i18next'

/** Why a slot is blocked: `Closed: Christmas`. */
export function blockedText(t: TFunction<'schedule'>, { cause, note }: Pick<BlockedSlot, 'cause' | 'note'>): string {
  if (cause === 'external_calendar') return t('calendar.blockedByCalendar')
  return note === null ? t('calendar.closed') : t('calendar.closedFor', { note })
}
