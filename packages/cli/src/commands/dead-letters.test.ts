import { portToKeep } from '@holdfast/testkit'
import { expect, test } from 'vitest'
import { runCaptured } from '../../test/captured-context.ts'

const list = ['events', 'dead-letters', 'list']

test('without AMQP_URL the commands say so', async () => {
  const { code, err } = await runCaptured(list)
  expect(code).toBe(1)
  expect(err).toEqual(['error: AMQP_URL is not set: there is no RabbitMQ server to read from'])
})

test('a broker that is away is named without its password', async () => {
  const port = await portToKeep()
  const { code, err } = await runCaptured(list, { AMQP_URL: `amqp://holdfast:hunter2@127.0.0.1:${port}` })
  expect(code).toBe(1)
  expect(err.join()).toContain(`RabbitMQ at 127.0.0.1:${port}: connect ECONNREFUSED`)
  expect(err.join()).not.toContain('hunter2')
})

test.for(['replay', 'drop'])('%s needs an id or --all, and not both', async (how) => {
  for (const args of [[], ['some-id', '--all']]) {
    const { code, err } = await runCaptured(['events', 'dead-letters', how, ...args], { AMQP_URL: 'amqp://nowhere' })
    expect({ code, err }).toEqual({ code: 2, err: ['error: name one id, or --all'] })
  }
})
