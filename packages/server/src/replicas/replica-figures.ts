import type { Registry } from 'prom-client'
import { addCounters, addGauges } from '../observe/figures.ts'
import type { ReadRouter } from './read-router.ts'
import type { Replica } from './replica.ts'

type OfReplicas = Pick<ReadRouter, 'figures'> & { replicas: readonly Pick<Replica, 'name' | 'lagMs' | 'served'>[] }

/** The replicas of a database. `shard`: its name among several. */
export type ReplicaSource = { shard: string | null; router: OfReplicas | null }

/** Adds the lag of the replicas, and who served the reads. */
export function addReplicaFigures(registry: Registry, sources: readonly ReplicaSource[]): void {
  const known = sources.flatMap(({ shard, router }) =>
    router === null ? [] : [{ router, nodeOf: (name: string) => (shard === null ? name : `${shard} ${name}`) }],
  )
  if (known.length === 0) return
  // Of several processes, one that cannot use a replica counts.
  addGauges(registry, {
    name: 'holdfast_replica_up',
    aggregator: 'min',
    read: () =>
      known.flatMap(({ router, nodeOf }) =>
        router.replicas.map(({ name, lagMs }) => [nodeOf(name), lagMs === null ? 0 : 1] as const),
      ),
  })
  addGauges(registry, {
    name: 'holdfast_replica_lag_seconds',
    aggregator: 'max',
    read: () =>
      known.flatMap(({ router, nodeOf }) =>
        router.replicas.flatMap(({ name, lagMs }) => (lagMs === null ? [] : [[nodeOf(name), lagMs / 1_000] as const])),
      ),
  })
  addCounters(registry, {
    name: 'holdfast_replica_reads_total',
    read: () =>
      known.flatMap(({ router, nodeOf }) => [
        [nodeOf('primary'), router.figures.primary] as const,
        ...router.replicas.map(({ name, served }) => [nodeOf(name), served] as const),
      ]),
  })
  const sum = (figure: 'behind' | 'retried') => known.reduce((total, { router }) => total + router.figures[figure], 0)
  addCounters(registry, {
    name: 'holdfast_replica_reads_refused_total',
    read: () => [
      ['behind', sum('behind')],
      ['failed', sum('retried')],
    ],
  })
}
