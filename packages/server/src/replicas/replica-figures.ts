import { Counter, Gauge, type Registry } from 'prom-client'
import type { ReadRouter } from './read-router.ts'

/** Adds the lag of the replicas, and who served the reads. */
export function addReplicaFigures(registry: Registry, router: Pick<ReadRouter, 'figures' | 'replicas'>): void {
  const registers = [registry]
  new Gauge({
    name: 'holdfast_replica_lag_seconds',
    help: 'How far a replica is behind the primary; -1: it does not respond, or is no replica of this primary.',
    labelNames: ['node'],
    registers,
    collect() {
      for (const { name, lagMs } of router.replicas) this.set({ node: name }, lagMs === null ? -1 : lagMs / 1_000)
    },
  })
  new Counter({
    name: 'holdfast_replica_reads_total',
    help: 'Reads that a replica may serve, by the node that served them: a replica, or primary.',
    labelNames: ['node'],
    registers,
    collect() {
      this.reset()
      this.inc({ node: 'primary' }, router.figures.primary)
      for (const { name, served } of router.replicas) this.inc({ node: name }, served)
    },
  })
  new Counter({
    name: 'holdfast_replica_reads_refused_total',
    help: 'Reads that the primary served because a replica was behind, or failed.',
    labelNames: ['reason'],
    registers,
    collect() {
      this.reset()
      this.inc({ reason: 'behind' }, router.figures.behind)
      this.inc({ reason: 'failed' }, router.figures.retried)
    },
  })
}
