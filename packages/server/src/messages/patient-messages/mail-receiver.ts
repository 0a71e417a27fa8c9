import { inTransaction, mailReceiverName, planMessages } from '@holdfast/engine'
import type pg from 'pg'
import type { EventReceiver } from '../../relay/event-receiver.ts'

/**
 * Plans messages to patients in the transaction in which the relay moves past their events: each message is planned
 * exactly once.
 *
 * @param onPlanned called after the commit: there is something to send
 */
export function mailReceiver(pool: pg.Pool, onPlanned: () => void): EventReceiver {
  return {
    name: mailReceiverName,
    async deliver(events, acknowledge) {
      const planned = await inTransaction(pool, async (transaction) => {
        const count = await planMessages(transaction, events)
        await acknowledge(transaction)
        return count
      })
      if (planned > 0) onPlanned()
    },
  }
}
