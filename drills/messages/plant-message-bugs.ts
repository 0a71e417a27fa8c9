import { createEventPublisher, type EventMessage } from '@holdfast/adapters/rabbitmq'
import { inTransaction, publishedForm } from '@holdfast/engine'
import { cloudEventOf } from '@holdfast/server/cloud-event'
import { createLogger } from '@holdfast/server/logger'
import { startRelay } from '@holdfast/server/relay'
import type { Ending } from '../cluster/ending.ts'
import type { MessageStage } from './message-stage.ts'

/** What the planted bugs cause, as parts of the faults that must be found. */
export const plantedFindings = [
  'did not arrive',
  'in the wrong order',
  'arrived 2 times, and was interrupted 0 times',
] as const

/**
 * Replaces the worker by one that publishes no events. The record that an e-mail was sent is lost, once for each. A
 * relay loses every seventh event. It collects the others until two of one booking are among them, and publishes these
 * in the reverse order.
 *
 * @returns the ids of the events that the relay has read and not published
 */
export async function plantMessageBugs(
  { database, broker, worker }: Pick<MessageStage, 'database' | 'broker' | 'worker'>,
  ending: Ending,
): Promise<ReadonlySet<string>> {
  await worker.kill()
  await database.ownerPool.query(`
    create function holdfast.planted() returns trigger language plpgsql as $$
      begin
        new.state := 'due';
        new.done_at := null;
        return new;
      end $$;
    create trigger planted before update on holdfast.message for each row
      when (new.state = 'sent' and old.attempts = 1) execute function holdfast.planted()`)
  await database.ownerPool.query('update holdfast.log_receiver set held_until = clock_timestamp()')
  await worker.start({ hasBroker: false })
  const publisher = createEventPublisher(broker.url)
  await ending.add('to close the connection to RabbitMQ', () => publisher.close())
  const heldBack = new Set<string>()
  const waiting: EventMessage[] = []
  let read = 0
  const relay = startRelay({
    pool: database.appPool,
    log: createLogger('silent'),
    receiver: {
      name: 'broker',
      async deliver(events, acknowledge) {
        for (const event of await publishedForm(database.appPool, events)) {
          const message = cloudEventOf(event, 'https://book.example.org')
          heldBack.add(message.id)
          read += 1
          if (read % 7 !== 0) waiting.push(message)
          const bookings = new Set(waiting.map(({ id }) => id.split('.')[0]))
          if (bookings.size === waiting.length) continue
          for (const next of waiting.splice(0).toReversed()) {
            await publisher.publish([next])
            heldBack.delete(next.id)
          }
        }
        await inTransaction(database.appPool, acknowledge)
      },
    },
  })
  await ending.add('to stop the planted relay', () => relay.stop())
  return heldBack
}
