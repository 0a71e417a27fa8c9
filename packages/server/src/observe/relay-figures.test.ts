import { expect, test } from 'vitest'
import { createMetrics } from './metrics.ts'

test('of a receiver in several shards, the longest wait is reported until it is over', async () => {
  const readDatabase = () => Promise.reject(new Error('This test has no database.'))
  const metrics = createMetrics({ pools: () => ({}), serving: null, readDatabase })
  const waiting = async () => {
    const [, seconds] = /^holdfast_relay_waiting_seconds\{receiver="email"\} (\S+)$/m.exec(await metrics.text()) ?? []
    return Math.floor(Number(seconds))
  }
  const since = (seconds: number) => new Date(Date.now() - seconds * 1000)
  metrics.relayWaiting({ receiver: 'email', since: since(60), shard: 'holdfast_1' })
  metrics.relayWaiting({ receiver: 'email', since: null, shard: 'holdfast_2' })
  expect(await waiting()).toBe(60)
  metrics.relayWaiting({ receiver: 'email', since: since(20), shard: 'holdfast_2' })
  expect(await waiting()).toBe(60)
  metrics.relayWaiting({ receiver: 'email', since: null, shard: 'holdfast_1' })
  expect(await waiting()).toBe(20)
  metrics.relayWaiting({ receiver: 'email', since: null, shard: 'holdfast_2' })
  expect(await waiting()).toBe(0)
})
