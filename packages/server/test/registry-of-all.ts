import type { Registry } from 'prom-client'
import { addHeldBackFigures } from '../src/observe/held-back-figures.ts'
import { addLiveFigures, noFigures } from '../src/observe/live-figures.ts'
import { addMachineFigures } from '../src/observe/machine-figures.ts'
import { createMetrics } from '../src/observe/metrics.ts'
import { addRedisFigures } from '../src/observe/redis-figures.ts'
import { addTraceFigures } from '../src/observe/trace-exporter.ts'
import { addReplicaFigures } from '../src/replicas/replica-figures.ts'

const readDatabase = () => Promise.reject(new Error('This registry has no database.'))

/** A registry with every metric that a process can have, whatever its settings. */
export function registryOfAll(): Registry {
  const { registry } = createMetrics({
    pools: () => ({}),
    serving: {
      queueDepths: () => ({}),
      cacheFigures: () => ({ hits: 0, misses: 0, loads: 0, stale: 0, bytes: 0 }),
      calendarFigures: () => ({ loads: 0, patches: 0, doctorReads: 0, patchedSlots: 0, slots: 0 }),
    },
    readDatabase,
  })
  addHeldBackFigures(registry, { latest: () => null, by: () => null })
  addLiveFigures(registry, { figures: noFigures(), bufferedBytes: 0 })
  addRedisFigures(registry, { isAvailable: true, figures: { ok: 0, late: 0, failed: 0, skipped: 0 } })
  addTraceFigures(registry, { sent: 0, lost: 0 })
  const router = { figures: { primary: 0, behind: 0, retried: 0 }, replicas: [] }
  addReplicaFigures(registry, [{ shard: null, router }])
  const paths = { databaseUrl: null, dataDirectory: '/nowhere', backupTo: '/nowhere', publicUrl: 'https://localhost:9' }
  addMachineFigures(registry, paths)
  return registry
}

/** The names in a process that only runs jobs: that of the worker has them, and so has a server with jobs. */
export function namesInWorker(): string[] {
  const { registry } = createMetrics({ pools: () => ({}), serving: null, readDatabase })
  const paths = { databaseUrl: null, dataDirectory: '/nowhere', backupTo: '/nowhere', publicUrl: null }
  addMachineFigures(registry, paths)
  return registry.getMetricsAsArray().map(({ name }) => name)
}
