import { checkBroker as connect } from '@holdfast/adapters/rabbitmq'
import { parseBrokerUrl } from '@holdfast/adapters/rabbitmq/address'
import type { Config } from '@holdfast/server/config'
import { messageOf } from '@holdfast/vocabulary'
import { type Check, ok, problem, warning } from './check.ts'

/** Whether the server of AMQP_URL, if it is set, can be reached, accepts the login, and is reached by TLS. */
export async function checkBroker({ amqpUrl, amqpQueues }: Pick<Config, 'amqpUrl' | 'amqpQueues'>): Promise<Check[]> {
  if (amqpUrl !== null) return [await checkUrl(amqpUrl)]
  if (amqpQueues === null) return []
  return [warning('RabbitMQ', 'HOLDFAST_AMQP_QUEUES is set, and AMQP_URL is not: nothing is published', 'set AMQP_URL')]
}

async function checkUrl(amqpUrl: string): Promise<Check> {
  try {
    const { at } = await connect(amqpUrl)
    const address = parseBrokerUrl(amqpUrl)
    if (address?.tls === true || isThisMachine(address?.hostname ?? ''))
      return ok('RabbitMQ', `accepts the login at ${at}`)
    const found = `accepts the login at ${at}, without TLS: the password is sent as it is`
    return warning('RabbitMQ', found, 'use amqps:// in AMQP_URL')
  } catch (error) {
    const fix = 'check the address and the password in AMQP_URL, and whether the broker runs; events wait until it does'
    return problem('RabbitMQ', messageOf(error), fix)
  }
}

function isThisMachine(hostname: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|::1)$/i.test(hostname)
}
