import type { EventPublisher } from '@holdfast/adapters/rabbitmq'
import { inTransaction, type Published, publishedForm, recentEvents } from '@holdfast/engine'
import type pg from 'pg'
import { type Tracing, traced } from '../observe/tracing.ts'
import type { EventReceiver } from '../relay/event-receiver.ts'
import { cloudEventOf } from './cloud-event.ts'

export type BrokerReceiverDeps = {
  /** The pool of the application role. */
  pool: pg.Pool
  publisher: Pick<EventPublisher, 'publish'>
  /** The public address of this server. */
  source: string
  /** Absent or null: nothing is traced. */
  tracing?: Tracing | null | undefined
}

/**
 * Publishes events, and moves past them once the broker has confirmed them: after a failure some are published again,
 * and none is lost.
 */
export function brokerReceiver({ pool, publisher, source, tracing }: BrokerReceiverDeps): EventReceiver {
  return {
    name: 'broker',
    async deliver(events, acknowledge) {
      const published = await publishedForm(pool, await recentEvents(pool, events))
      const attributes = { 'messaging.system': 'rabbitmq', 'messaging.batch.message_count': events.length }
      await traced(tracing, 'publish events', { kind: 'producer', attributes }, async (span) => {
        for (const group of inBookingOrder(published)) {
          await publisher.publish(group.map((event) => ({ ...cloudEventOf(event, source), headers: span?.headers() })))
        }
      })
      await inTransaction(pool, acknowledge)
    },
  }
}

/**
 * Groups that are published one after the other, each with at most one event of a booking: the broker may refuse one of
 * several events at once, and would then get it after those that follow it.
 */
function inBookingOrder(events: readonly Published[]): Published[][] {
  const groups: Published[][] = []
  const counts = new Map<string, number>()
  for (const event of events) {
    const { bookingId } = event.data
    const before = counts.get(bookingId) ?? 0
    counts.set(bookingId, before + 1)
    const group = groups[before] ?? []
    group.push(event)
    groups[before] = group
  }
  return groups
}
