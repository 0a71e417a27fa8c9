import type { Registry } from 'prom-client'
import { addCounters, addGauges } from '../observe/figures.ts'
import type { ReadRouter } from './read-router.ts'

/** The replicas of a database. `shard`: its name among several. */
export type ReplicaSource = { shard: string | null; router: Pick<ReadRouter, 'figures' | 'replicas'> | null }

/** Adds the lag of the replicas, and who served the reads. */
export function addReplicaFigures(registry: Registry, sources: readonly ReplicaSource[]): void {
  const known = sources.flatMap(({ shard, router }) =>
    router === null ? [] : [{ router, nodeOf: (name: string) => (shard === null ? name : `${shard} ${name}`) }],
  )
  if (known.length === 0) return
  addGauges(registry, 'node', {
    name: 'holdfast_replica_lag_seconds',
    help: 'How far a replica is behind the primary; -1: it does not respond, or is no replica of this primary.',
    read: () =>
      known.flatMap(({ router, nodeOf }) =>
        router.replicas.map(({ name, lagMs }) => [nodeOf(name), lagMs === null ? -1 : lagMs / 1_000] as const),
      ),
  })
  addCounters(registry, 'node', {
    name: 'holdfast_replica_reads_total',
    help: 'Reads that a replica may serve, by the node that served them: a replica, or primary.',
    read: () =>
      known.flatMap(({ router, nodeOf }) => [
        [nodeOf('primary'), router.figures.primary] as const,
        ...router.replicas.map(({ name, served }) => [nodeOf(name), served] as const),
      ]),
  })
  const sum = (figure: 'behind' | 'retried') => known.reduce((total, { router }) => total + router.figures[figure], 0)
  addCounters(registry, 'reason', {
    name: 'holdfast_replica_reads_refused_total',
    help: 'Reads that the primary served because a replica was behind, or failed.',
    read: () => [
      ['behind', sum('behind')],
      ['failed', sum('retried')],
    ],
  })
}
