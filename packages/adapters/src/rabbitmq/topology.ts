import type { Channel } from 'rabbitmq-client'

/** Every event is published to this topic exchange. */
export const eventExchange = 'holdfast.events'
/** What a consumer rejected, or what waited too long, goes to this queue, by the exchange of the same name. */
export const failedQueue = 'holdfast.failed'
/** `<attempt>.<queue>`: to the queue that delays this attempt; `dead.<queue>`: to the dead letters. */
export const retryExchange = 'holdfast.retries'
/** `<attempt>.<queue>`: to the consumer's queue, and to no other. */
export const returnExchange = 'holdfast.returns'
export const deadLetterQueue = 'holdfast.dead-letters'

const dayMs = 86_400_000
const eventDays = 7
const deadLetterDays = 30
/** How often a consumer may lose its connection with a message before that counts as a failed attempt. */
const deliveriesMax = 3
/** A reader of the dead letters gets them delivered, and leaves them in the queue. */
const unlimited = 1_000_000_000

/** How long a message waits before each further attempt. */
export const retryDelaysMs: readonly number[] = [10_000, 60_000, 600_000]

/** `queues`: the names of the consumers, whose queues are `holdfast.<name>`. */
export type Topology = { queues: readonly string[]; delaysMs: readonly number[] }

export function queueOf(name: string): string {
  return `holdfast.${name}`
}

/** Declares what events need, and each consumer. Nothing changes if it exists. What is declared no longer stays. */
export async function declareTopology(channel: Channel, { queues, delaysMs }: Topology): Promise<void> {
  await channel.exchangeDeclare({ exchange: eventExchange, type: 'topic', durable: true })
  if (queues.length === 0) return
  for (const exchange of [retryExchange, returnExchange]) {
    await channel.exchangeDeclare({ exchange, type: 'topic', durable: true })
  }
  await channel.exchangeDeclare({ exchange: failedQueue, type: 'fanout', durable: true })
  await declareQueue(channel, failedQueue, { 'x-delivery-limit': unlimited })
  await channel.queueBind({ queue: failedQueue, exchange: failedQueue, routingKey: '' })
  for (const [index, delayMs] of delaysMs.entries()) {
    const queue = `holdfast.delay-${index + 1}`
    await declareQueue(channel, queue, { 'x-message-ttl': delayMs, ...forwardedTo(returnExchange) })
    await channel.queueBind({ queue, exchange: retryExchange, routingKey: `${index + 1}.*` })
  }
  const dead = { 'x-message-ttl': deadLetterDays * dayMs, 'x-delivery-limit': unlimited }
  await declareQueue(channel, deadLetterQueue, dead)
  await channel.queueBind({ queue: deadLetterQueue, exchange: retryExchange, routingKey: 'dead.*' })
  for (const name of queues) {
    const limits = { 'x-message-ttl': eventDays * dayMs, 'x-delivery-limit': deliveriesMax }
    await declareQueue(channel, queueOf(name), { ...limits, ...forwardedTo(failedQueue) })
    await channel.queueBind({ queue: queueOf(name), exchange: eventExchange, routingKey: 'booking.#' })
    await channel.queueBind({ queue: queueOf(name), exchange: returnExchange, routingKey: `*.${name}` })
  }
}

async function declareQueue(channel: Channel, queue: string, settings: Record<string, unknown>): Promise<void> {
  await channel.queueDeclare({ queue, durable: true, arguments: { 'x-queue-type': 'quorum', ...settings } })
}

/** The strategy `at-least-once` removes a message once the next queue has confirmed it. */
function forwardedTo(exchange: string) {
  return {
    'x-dead-letter-exchange': exchange,
    'x-dead-letter-strategy': 'at-least-once',
    'x-overflow': 'reject-publish',
  }
}
