import type { DatabasePool } from '@holdfast/engine'
import type pg from 'pg'
import { createHealth, type HealthSources, type ReadHealth } from '../src/health/create-health.ts'
import { databaseFiguresReader } from '../src/observe/read-database-figures.ts'
import { watchMachine } from '../src/observe/watch-machine.ts'

const silent = { warn: () => undefined }

/** The health of a database without a server, as a command sees it. */
export function healthOfTest(pool: pg.Pool | DatabasePool, replaced: Partial<HealthSources> = {}): ReadHealth {
  const databases = [{ name: null, pools: { figures: pool, ping: pool } }] as const
  return createHealth({
    databases,
    readFigures: databaseFiguresReader(databases, silent),
    machine: watchMachine({ databaseUrl: 'postgres://elsewhere', dataDirectory: '', backupTo: null, publicUrl: null }),
    isEmbedded: false,
    release: '0.0.0',
    process: 'a test',
    queues: () => null,
    replicas: () => [],
    channels: { email: true, sms: false },
    isRedisAvailable: () => null,
    now: () => new Date(),
    ...replaced,
  })
}
