import { execFile } from 'node:child_process'
import { access, chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startEmbeddedPostgres } from '@holdfast/adapters/embedded-postgres'
import { migrate } from '@holdfast/engine'
import { testEnvironment } from './test-environment.ts'

/** For servers whose tests crash no machine. New segments of the log are sparse files, which are copied at once. */
export const fastSettings = { fsync: 'off', full_page_writes: 'off', wal_init_zero: 'off' }

/** Creates a data directory of the embedded PostgreSQL whose database is migrated and empty. */
export async function prepareDataDirectory(dataDirectory: string): Promise<void> {
  const settings = { ...fastSettings, wal_recycle: 'off' }
  const { ownerUrl, stop } = await startEmbeddedPostgres({ dataDirectory, settings })
  try {
    await migrate({ ownerUrl })
  } finally {
    await stop()
  }
}

/**
 * Copies a data directory whose server is stopped: 0.3 s, where initdb and the migrations take 2 s. Does nothing where
 * its database is stored elsewhere, because the account that runs PostgreSQL can't enter it: two copies would share
 * that database.
 */
export async function copyDataDirectory(from: string, to: string): Promise<void> {
  const isHere = await access(join(from, 'postgres')).then(
    () => true,
    () => false,
  )
  if (!isHere) return
  await mkdir(to, { recursive: true })
  // The account that runs PostgreSQL for root has to pass through, as through a data directory that Holdfast created.
  if (process.getuid?.() === 0) await chmod(to, 0o711)
  // `cp -a` preserves the owner, which is the account that runs PostgreSQL where the tests run as root.
  await promisify(execFile)('cp', ['-a', join(from, 'postgres'), join(from, 'owner-password'), to])
}

/**
 * Fills a directory with a migrated database of the embedded PostgreSQL, for tests that start Holdfast on it and are
 * not about its very first start. Without a prepared one (in drills) the directory stays empty, and the first start
 * creates the database.
 */
export async function fillDataDirectory(dataDirectory: string): Promise<void> {
  const prepared = testEnvironment().dataDirectory
  if (prepared !== undefined) await copyDataDirectory(prepared, dataDirectory)
}
