// Drill: a broker that refuses messages
import { createEventPublisher, retryFailed } from '@holdfast/adapters/rabbitmq'
import { until } from '@holdfast/testkit'
import { rejectingConsumer } from '@holdfast/testkit/event-consumer'
import { type RabbitServer, rabbitServer, whyNoRabbit } from '@holdfast/testkit/rabbit-server'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { documentedCommands } from '../../../test/deploy/documented-commands.ts'
import { runCaptured } from './captured-context.ts'

const waitMs = 300_000
vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 })

const reason = whyNoRabbit()
if (reason !== null) console.warn(`The commands for dead letters are not tested here: ${reason}`)

describe.runIf(reason === null)('holdfast events dead-letters', () => {
  let rabbit: RabbitServer
  beforeAll(async () => {
    rabbit = await rabbitServer()
  })
  afterAll(() => rabbit?.end())

  const run = async (...args: string[]) => {
    const { code, out, err } = await runCaptured(['events', 'dead-letters', ...args], { AMQP_URL: rabbit.url })
    return { code, out: out.join('\n'), err: err.join('\n') }
  }
  /** A command of rabbitmq.md, for a dead letter. */
  const runDocumented = (name: string, id: string, ...more: string[]) => {
    const [, script = ''] = documentedCommands('rabbitmq.md')
    const [, args = ''] = new RegExp(`^holdfast events dead-letters (${name} .*)$`, 'm').exec(script) ?? []
    return run(...args.replace('ID', id).split(' '), ...more)
  }
  const idsNow = async () => {
    const { out } = await run('list', '--json')
    return (JSON.parse(out) as { deadLetters: { id: string }[] }).deadLetters.map(({ id }) => id)
  }
  const untilDead = (ids: string[]) =>
    until(
      async () => (await idsNow()).toSorted().join() === ids.join(),
      async () => `the dead letters ${ids.join()}, not ${(await idsNow()).join()}`,
      waitMs,
    )

  it('lists, shows, replays and drops what a consumer could not process', async () => {
    // Nothing has been declared yet.
    expect(await run('list')).toEqual({ code: 0, out: 'There are no dead letters.', err: '' })
    expect(await run('show', 'nothing')).toEqual({ code: 1, out: '', err: 'error: there is no dead letter "nothing"' })
    expect(await run('drop', '--all')).toEqual({ code: 0, out: '0 dead letters were dropped.', err: '' })

    const topology = { queues: ['analytics'], delaysMs: [20] }
    const publisher = createEventPublisher(rabbit.url, topology)
    const stopping = new AbortController()
    await publisher.publish(
      ['a.1', 'b.1', 'c.1'].map((id) => {
        const contentType = 'application/cloudevents+json'
        const body = JSON.stringify({ specversion: '1.0', id })
        return { id, routingKey: 'booking.created.x', type: 'booking.created', at: new Date(), contentType, body }
      }),
    )
    const retries = retryFailed(rabbit.url, { ...topology, signal: stopping.signal, onFailed: () => undefined })
    const consumer = rejectingConsumer(rabbit.url, 'analytics', () => 'reject')
    await untilDead(['a.1', 'b.1', 'c.1'])
    await consumer.end()

    expect((await runDocumented('list', '')).out).toMatch(
      /^id +queue +type +reason +since\n(.+\n)*a\.1 +analytics +booking\.created +rejected +\d{4}-/m,
    )
    expect((await run('list', '--queue', 'other')).out).toBe('There are no dead letters of "other".')
    expect(JSON.parse((await run('show', 'b.1', '--json')).out)).toMatchObject({
      deadLetters: [{ id: 'b.1', queue: 'analytics', attempts: 1, event: { specversion: '1.0', id: 'b.1' } }],
    })
    expect((await runDocumented('show', 'b.1')).out).toContain('"specversion": "1.0"')
    expect(await run('drop', 'z.1')).toMatchObject({ code: 1, err: 'error: there is no dead letter "z.1"' })
    expect(await run('drop', 'a.1', '--queue', 'other')).toMatchObject({ code: 1 })

    expect((await runDocumented('drop', 'a.1')).out).toBe('1 dead letter was dropped.')
    expect((await runDocumented('replay', 'b.1', '--json')).out).toBe('{"replayed":1,"left":0}')
    const again = rejectingConsumer(rabbit.url, 'analytics', () => 'accept')
    await until(
      async () => again.received.includes('b.1'),
      () => `the replayed event, not ${again.received.join()}`,
      waitMs,
    )
    await again.end()
    await untilDead(['c.1'])

    await rabbit.run('rabbitmqctl delete_queue holdfast.analytics')
    const left = await run('replay', '--all')
    expect(left).toMatchObject({ code: 1, out: '0 dead letters were replayed.' })
    expect(left.err).toContain('The queue of "analytics" does not exist: its dead letters stay.')
    await untilDead(['c.1'])
    expect((await run('drop', '--all', '--queue', 'analytics')).out).toBe('1 dead letter was dropped of "analytics".')
    await untilDead([])
    stopping.abort()
    await Promise.all([retries, publisher.close()])
  })
})
