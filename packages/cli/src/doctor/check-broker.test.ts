import { portToKeep } from '@holdfast/testkit'
import { expect, test } from 'vitest'
import { checkBroker } from './check-broker.ts'

test('a broker that cannot be reached is reported without its password', async () => {
  const port = await portToKeep()
  const [check] = await checkBroker({ amqpUrl: `amqp://holdfast:hunter2@127.0.0.1:${port}`, amqpQueues: null })
  expect(check).toMatchObject({ name: 'RabbitMQ', state: 'error' })
  expect(check?.found).toContain(`RabbitMQ at 127.0.0.1:${port}: connect ECONNREFUSED`)
  expect(JSON.stringify(check)).not.toContain('hunter2')
})

test('queues without a broker are a warning, and neither is nothing to check', async () => {
  expect(await checkBroker({ amqpUrl: null, amqpQueues: ['analytics'] })).toMatchObject([{ state: 'warning' }])
  expect(await checkBroker({ amqpUrl: null, amqpQueues: null })).toEqual([])
})
