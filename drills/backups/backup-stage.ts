import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { readCatalogue } from '@holdfast/adapters/backup'
import { startEmbeddedPostgres } from '@holdfast/adapters/embedded-postgres'
import { createEngine, createPool, migrate } from '@holdfast/engine'
import { openBackups, startBackups } from '@holdfast/server/backups'
import { type Config, readConfig } from '@holdfast/server/config'
import { createLogger } from '@holdfast/server/logger'
import { settingsFor } from '@holdfast/server/test/running-server'
import { serverProcess } from '@holdfast/server/test/server-process'
import { fillDataDirectory } from '@holdfast/testkit'
import { prepareBackupKey } from '@holdfast/testkit/prepare-backup-key'
import type pg from 'pg'
import { bookByServer } from '../load/book-by-server.ts'
import { BookingLoad, bookByEngine, createRoom } from '../load/booking-load.ts'

export type BackupStageOptions = {
  /** An empty directory, in which the drill works. */
  directory: string
  /** How many bookings there is room for. */
  room: number
  /** HOLDFAST_BACKUP_SECONDS */
  backupSeconds: number
  /** How `load` books: by the engine in this process, or over HTTP by a server in a separate process. */
  way?: Way
}

export type Way = 'engine' | 'server'

/** A separate database that can be booked and backed up. */
export type BackupStage = {
  dataDirectory: string
  pool: pg.Pool
  /** Books by the engine, whichever way `load` books. */
  fill: BookingLoad
  load: BookingLoad
  /** Starts continuous backups to a place, as a server does. */
  backUp(place: BackupPlace): Promise<{ stop(): Promise<void> }>
  /** It works whatever has been destroyed meanwhile. */
  end(): Promise<void>
}

export type BackupPlace = { config: Config; env: Record<string, string> }

const passphrase = 'for the drill only'
const waitMsMax = 300_000

export async function openBackupStage({ directory, room, way = 'engine' }: BackupStageOptions): Promise<BackupStage> {
  const dataDirectory = join(directory, 'live')
  await fillDataDirectory(dataDirectory)
  const database = await startEmbeddedPostgres({ dataDirectory })
  const pool = createPool({ url: database.ownerUrl, max: 10, name: 'drill', onIdleError: () => undefined })
  await migrate({ ownerUrl: database.ownerUrl })
  const { clinic, slotIds } = await createRoom(pool, room)
  const engine = createEngine({ batchPool: pool, generalPool: pool, ...engineBounds })
  const fill = new BookingLoad(bookByEngine(engine, clinic.no), slotIds)
  const server = way === 'server' ? await loadByServer(database.ownerUrl, slotIds) : null
  return {
    dataDirectory,
    pool,
    fill,
    load: server?.load ?? fill,
    backUp: ({ config, env }) => {
      const { ownerUrl } = database
      return startBackups({ config, env, database: { ownerUrl, embedded: true }, log: createLogger('silent') })
    },
    async end() {
      await server?.end()
      await Promise.allSettled([database.stop()])
      await Promise.allSettled([engine.stop(), pool.end()])
    },
  }
}

/** So many clients keep two cores busy; more only wait longer. */
const httpClients = 64

async function loadByServer(ownerUrl: string, slotIds: readonly string[]) {
  // DATABASE_APP_URL is left out, so that the server creates the application's login.
  const { DATABASE_APP_URL: _, ...settings } = settingsFor({ ownerUrl, appUrl: '' })
  // Guests come from many addresses.
  const server = await serverProcess({ ...settings, HOLDFAST_LOG_LEVEL: 'warn', HOLDFAST_TRUSTED_PROXIES: '1' })
  const { bookPlace, close } = bookByServer(server.url, httpClients)
  return {
    load: new BookingLoad(bookPlace, slotIds, httpClients),
    async end() {
      close()
      await server.end()
    },
  }
}

const engineBounds = {
  queuedMax: 4_096,
  waitMsMax: 30_000,
  unknownMsMax: 1_000,
  onBatch: () => undefined,
  onClaims: () => undefined,
}

/** A new place for backups, with its key. */
export async function createPlace(path: string, backupSeconds: number): Promise<BackupPlace> {
  await prepareBackupKey(path, passphrase)
  const env = {
    HOLDFAST_BACKUP_TO: path,
    HOLDFAST_BACKUP_PASSPHRASE: passphrase,
    HOLDFAST_BACKUP_SECONDS: String(backupSeconds),
    HOLDFAST_LOG_LEVEL: 'silent',
  }
  const result = readConfig(env)
  if (result.kind === 'invalid') throw new Error('The settings of the drill are invalid.')
  return { config: result.config, env }
}

/** Waits until this moment can be restored. @returns the newest moment that can */
export async function untilRestorable({ config }: BackupPlace, momentMs: number): Promise<number> {
  const deadlineMs = Date.now() + waitMsMax
  const store = openBackups(config.backupTo ?? '', config)
  while (Date.now() < deadlineMs) {
    const newest = (await readCatalogue(store)).backups.at(-1)
    if (newest !== undefined && newest.until.getTime() >= momentMs) return newest.until.getTime()
    await delay(200)
  }
  throw new Error(`Nothing was backed up within ${waitMsMax / 1000} s.`)
}
