import { setImmediate } from 'node:timers/promises'
import type { Channel, SyncMessage } from 'rabbitmq-client'
import { brokerError, connectBroker } from './connect-broker.ts'
import { propertiesOf } from './message-properties.ts'
import { deadLetterQueue, returnExchange } from './topology.ts'

export type DeadLetter = {
  /** The id of the event; one event may be a dead letter of several queues. */
  id: string
  /** The consumer that could not process it. */
  queue: string
  type: string
  /** `rejected`, `delivery_limit` or `expired`. */
  reason: string
  /** How many attempts followed the first one. */
  attempts: number
  deadAt: string
  /** The message's, as it was published. */
  body: string
}

export type DeadLetters = {
  /** The dead letters that are there now, the oldest first; at most {@link deadLettersMax}. */
  letters: readonly DeadLetter[]
  /** Gives it to its consumer again, as if it were new. false: the consumer's queue does not exist any more. */
  replay(letter: DeadLetter): Promise<boolean>
  drop(letter: DeadLetter): Promise<void>
}

export const deadLettersMax = 10_000

/**
 * Reads the dead letters. Nobody else sees them until `work` is done; then those that were neither replayed nor dropped
 * are there as before.
 *
 * @returns null: there is no queue of dead letters
 * @throws BrokerError
 */
export async function withDeadLetters<Result>(
  url: string,
  work: (letters: DeadLetters) => Promise<Result>,
): Promise<Result | null> {
  const { acquire, at, close } = await connectBroker(url)
  try {
    const channel = await acquire()
    const messages = await readAll(channel).catch((error: unknown) => {
      if (Object(error).code === 'NOT_FOUND') return null
      throw brokerError(at, error)
    })
    if (messages === null) return null
    const returned = new Set<string>()
    channel.on('basic.return', ({ correlationId }) => returned.add(String(correlationId)))
    await channel.confirmSelect()
    const remove = async (letter: DeadLetter) =>
      channel.basicAck({ deliveryTag: messages.get(letter)?.deliveryTag ?? 0 })
    const replay = async (letter: DeadLetter) => {
      const message = messages.get(letter)
      if (message === undefined) return false
      const correlationId = String(message.deliveryTag)
      const envelope = { ...propertiesOf(message), correlationId, exchange: returnExchange, mandatory: true }
      await channel
        .basicPublish({ ...envelope, routingKey: `0.${letter.queue}` }, message.body)
        .catch((error: unknown) => Promise.reject(brokerError(at, error)))
      // What could not be routed is reported before its confirmation, and to listeners after it.
      await setImmediate()
      if (returned.has(correlationId)) return false
      await remove(letter)
      return true
    }
    return await work({ letters: [...messages.keys()], replay, drop: remove })
  } finally {
    // Sends what is still to be sent, and puts the others back.
    await close()
  }
}

async function readAll(channel: Channel): Promise<Map<DeadLetter, SyncMessage>> {
  const messages = new Map<DeadLetter, SyncMessage>()
  while (messages.size < deadLettersMax) {
    const message = await channel.basicGet({ queue: deadLetterQueue })
    if (message === undefined) break
    const { headers = {}, messageId, type, body, routingKey } = message
    const letter: DeadLetter = {
      id: messageId ?? '',
      queue: String(headers['holdfast-queue'] ?? routingKey.replace(/^dead\./, '')),
      type: type ?? '',
      reason: String(headers['holdfast-reason'] ?? 'unknown'),
      attempts: Number(headers['holdfast-attempts'] ?? 0),
      deadAt: String(headers['holdfast-dead-at'] ?? ''),
      body: String(body),
    }
    messages.set(letter, message)
  }
  return messages
}
