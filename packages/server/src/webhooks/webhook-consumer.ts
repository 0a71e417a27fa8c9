import { clinicNoOf, clinicsWithWebhooks, inTransaction, planDeliveries } from '@holdfast/engine'
import type pg from 'pg'
import type { EventReceiver } from '../relay/event-receiver.ts'

/**
 * Plans deliveries in the transaction in which the relay moves past their events: each is planned exactly once.
 *
 * @param onPlanned called after the commit: there is something to send
 */
export function webhookConsumer(pool: pg.Pool, onPlanned: () => void): EventReceiver {
  return {
    name: 'webhooks',
    async select(lines) {
      const clinicNos = [...new Set(lines.map(({ bookingId }) => clinicNoOf(bookingId)))]
      const wanted = await clinicsWithWebhooks(pool, clinicNos)
      return lines.filter(({ bookingId }) => wanted.has(clinicNoOf(bookingId)))
    },
    async deliver(events, acknowledge) {
      const planned = await inTransaction(pool, async (transaction) => {
        const count = await planDeliveries(transaction, events)
        await acknowledge(transaction)
        return count
      })
      if (planned > 0) onPlanned()
    },
  }
}
