import { AggregatorRegistry, Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { addReplicaFigures } from './replica-figures.ts'

/** What a server process says of the replica b. `lagMs` null: it cannot use it. */
async function figuresOf(lagMs: number | null): Promise<object[]> {
  const registry = new Registry()
  const router = { figures: { primary: 0, behind: 0, retried: 0 }, replicas: [{ name: 'b', lagMs, served: 0 }] }
  addReplicaFigures(registry, [{ shard: null, router }])
  return registry.getMetricsAsJSON()
}

async function ofProcesses(...lags: (number | null)[]): Promise<string[]> {
  const text = await AggregatorRegistry.aggregate(await Promise.all(lags.map(figuresOf))).metrics()
  return text.split('\n').filter((line) => /^holdfast_replica_(up|lag)/.test(line))
}

test('of several processes, the longest lag is shown, and not the sum', async () => {
  expect(await ofProcesses(300, 400, 400)).toEqual([
    'holdfast_replica_up{node="b"} 1',
    'holdfast_replica_lag_seconds{node="b"} 0.4',
  ])
})

test('a replica is away if one of several processes cannot use it', async () => {
  expect(await ofProcesses(300, null, 400)).toEqual([
    'holdfast_replica_up{node="b"} 0',
    'holdfast_replica_lag_seconds{node="b"} 0.4',
  ])
  expect(await ofProcesses(null)).toEqual(['holdfast_replica_up{node="b"} 0'])
})
