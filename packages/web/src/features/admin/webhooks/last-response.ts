import type { WebhookDelivery } from '@holdfast/contract/client'
import type { TFunction } from 'i18next'

/** What became of the last attempt, with its code. */
export function lastResponse(
  t: TFunction<'admin'>,
  { status, state, reason, result }: Pick<WebhookDelivery, 'status' | 'state' | 'reason' | 'result'>,
): string {
  if (state === 'delivered' && status !== null) return String(status)
  const text = reason === null ? result : t(`webhooks.reason.${reason}`)
  return [status, text].filter((part) => part !== null).join(' ') || '–'
}
