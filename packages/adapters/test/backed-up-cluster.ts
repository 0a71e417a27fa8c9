import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTestCluster } from '@holdfast/testkit'
import pg from 'pg'
import {
  type BackupEvent,
  type BackupKeySettings,
  checkBackup,
  chooseBackup,
  loadOpener,
  loadSealer,
  readCatalogue,
  recoverySettings,
  runContinuousBackup,
  takeBaseBackup,
  unpackBackup,
} from '../src/backup/index.ts'
import { restoreEmbeddedPostgres, withEmbeddedPostgres } from '../src/embedded-postgres/index.ts'
import { type ObjectStore, openObjectStore } from '../src/object-store/index.ts'

export const keys: BackupKeySettings = {
  passphrase: 'correct horse battery staple',
  recipient: null,
  identity: null,
  // The default needs 256 MiB for each key, which several tests at a time don't have.
  scryptWorkFactor: 10,
}
export const release = '1.2.3'

/** A directory for a test, and its removal. */
export async function scratchDirectory(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'hf-backup-'))
  // The account that runs PostgreSQL for root has to pass through.
  await chmod(path, 0o711)
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

export type Written = { no: number; beganAt: Date; acknowledgedAt: Date }

/** A server with a table whose rows say when they were acknowledged. */
export async function createBackedUpCluster() {
  const cluster = await createTestCluster()
  await cluster.ownerPool.query('create table written (no serial primary key)')
  return {
    ...cluster,
    async write(): Promise<Written> {
      const beganAt = new Date()
      const { rows } = await cluster.ownerPool.query('insert into written default values returning no')
      return { no: rows[0].no, beganAt, acknowledgedAt: new Date() }
    },
    async copy(store: ObjectStore, more: Partial<Parameters<typeof takeBaseBackup>[0]> = {}) {
      const sealer = await loadSealer(store, keys)
      const fixed = { databaseUrl: cluster.ownerUrl, store, sealer, release, embedded: true, archive: null }
      return takeBaseBackup({ ...fixed, ...more })
    },
  }
}

export type BackedUpCluster = Awaited<ReturnType<typeof createBackedUpCluster>>

/** Restores a moment, or the end, into a data directory, starts the database, and returns the numbers in its table. */
export async function restoredNumbers(store: ObjectStore, to: Date | null, dataDirectory: string): Promise<number[]> {
  const backup = chooseBackup(store.name, await readCatalogue(store), { to, id: null, release })
  const opener = await loadOpener(store, keys, backup.manifest.recipient)
  await checkBackup(store, opener, backup)
  await restoreEmbeddedPostgres({
    dataDirectory,
    majorVersion: backup.manifest.postgres.majorVersion,
    recoverySettings: recoverySettings(backup, to),
    fill: (draft) => unpackBackup(store, opener, backup, draft),
    complete: async () => undefined,
  })
  return withEmbeddedPostgres({ dataDirectory }, ({ ownerUrl }) => readWritten(ownerUrl))
}

/** Continuous backups in this process, and waiting for what they do. */
export async function startContinuously(
  cluster: BackedUpCluster,
  store: ObjectStore,
  flushSeconds = 0.2,
  more: { megabytesPerSecond?: number } = {},
) {
  const stopping = new AbortController()
  const events: BackupEvent[] = []
  const waiting = new Set<() => void>()
  const done = runContinuousBackup({
    databaseUrl: cluster.ownerUrl,
    store,
    keys,
    release,
    embedded: true,
    flushSeconds,
    copyHours: 24,
    keepDays: 30,
    ...more,
    signal: stopping.signal,
    onEvent(event) {
      events.push(event)
      for (const wake of waiting) wake()
      waiting.clear()
    },
  })
  const until = async (isThere: (event: BackupEvent) => boolean) => {
    while (!events.some(isThere)) {
      const more = Promise.withResolvers<void>()
      waiting.add(more.resolve)
      await more.promise
    }
  }
  return {
    events,
    until,
    /** Until the database can be restored as it is now. */
    flushed: (since = Date.now()) => until((event) => event.kind === 'flushed' && event.untilMs >= since),
    copied: () => until(({ kind }) => kind === 'copied'),
    async stop() {
      stopping.abort()
      await done
    },
  }
}

/** The numbers in the restored table. */
export async function readWritten(ownerUrl: string): Promise<number[]> {
  const client = new pg.Client({ connectionString: ownerUrl })
  await client.connect()
  try {
    const { rows } = await client.query('select no from written order by no')
    return rows.map(({ no }) => no)
  } finally {
    await client.end()
  }
}

export function openDirectory(path: string): ObjectStore {
  return openObjectStore(path, null)
}
