import type { Registry } from 'prom-client'
import { addCounters, addGauges } from '../observe/figures.ts'
import type { ReadRouter } from './read-router.ts'

/** Adds the lag of the replicas, and who served the reads. */
export function addReplicaFigures(registry: Registry, router: Pick<ReadRouter, 'figures' | 'replicas'>): void {
  addGauges(registry, 'node', {
    name: 'holdfast_replica_lag_seconds',
    help: 'How far a replica is behind the primary; -1: it does not respond, or is no replica of this primary.',
    read: () => router.replicas.map(({ name, lagMs }) => [name, lagMs === null ? -1 : lagMs / 1_000]),
  })
  addCounters(registry, 'node', {
    name: 'holdfast_replica_reads_total',
    help: 'Reads that a replica may serve, by the node that served them: a replica, or primary.',
    read: () => [
      ['primary', router.figures.primary],
      ...router.replicas.map(({ name, served }) => [name, served] as const),
    ],
  })
  addCounters(registry, 'reason', {
    name: 'holdfast_replica_reads_refused_total',
    help: 'Reads that the primary served because a replica was behind, or failed.',
    read: () => [
      ['behind', router.figures.behind],
      ['failed', router.figures.retried],
    ],
  })
}
