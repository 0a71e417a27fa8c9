import { type DueMessage, type MessageFacts, quietHoursAround, reminderDelay } from '@holdfast/engine'

/** The time that a patient needs to accept an offer. */
const offerUsefulMs = 10 * 60_000

/** Until when a message has to wait, because the clinic has quiet hours; null: it need not, or would be too late. */
export function quietEnd({ kind, channel, minutesBefore, now }: DueMessage, facts: MessageFacts): Date | null {
  const { timezone, settings, holdExpiresAt } = facts
  if (kind === 'reminder') return reminderDelay({ ...facts, minutesBefore, quiet: settings }, now)
  // A telephone rings at night; an offer that ends before the morning is worth it.
  if (kind !== 'offered' || channel !== 'sms' || holdExpiresAt === null) return null
  const end = quietHoursAround(now, timezone, settings)?.end ?? null
  return end !== null && end.getTime() + offerUsefulMs < holdExpiresAt.getTime() ? end : null
}
