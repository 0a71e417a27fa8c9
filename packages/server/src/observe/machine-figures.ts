import { statfs } from 'node:fs/promises'
import type { Registry } from 'prom-client'
import type { Config } from '../config/config.ts'
import { endOfCertificate } from './certificate-end.ts'
import { addGauge, addGauges } from './figures.ts'

type Settings = Pick<Config, 'databaseUrl' | 'dataDirectory' | 'backupTo' | 'publicUrl'>

const certificateEveryMs = 3_600_000
const retryEveryMs = 60_000
const spaceEveryMs = 1_000

/** Adds what concerns the machine: the space of its disks, and until when the certificate of its address is valid. */
export function addMachineFigures(registry: Registry, settings: Settings): void {
  const directories = directoriesOf(settings)
  if (directories.length > 0) addSpace(registry, directories)
  if (settings.publicUrl?.startsWith('https:')) addCertificate(registry, settings.publicUrl)
}

type NamedDirectory = { name: 'data' | 'backups'; path: string }

function directoriesOf({ databaseUrl, dataDirectory, backupTo }: Settings): NamedDirectory[] {
  const data = databaseUrl === null ? [{ name: 'data' as const, path: dataDirectory }] : []
  const isDirectory = backupTo !== null && !backupTo.includes('://')
  return isDirectory ? [...data, { name: 'backups', path: backupTo }] : data
}

type Space = { free: number; size: number }

/**
 * A network file system may hang: the metrics show what was read last, and do not wait. A directory that cannot be
 * read has no figures.
 */
function addSpace(registry: Registry, directories: readonly NamedDirectory[]): void {
  const latest = new Map<string, Space>()
  const read = latestOf(
    async () => {
      for (const { name, path } of directories) {
        latest.delete(name)
        const { bavail, blocks, bsize } = await statfs(path)
        latest.set(name, { free: bavail * bsize, size: blocks * bsize })
      }
    },
    { everyMs: spaceEveryMs, retryMs: spaceEveryMs },
  )
  const figures = (figure: keyof Space) => () => {
    read()
    return Array.from(latest, ([name, space]) => [name, space[figure]] as const)
  }
  addGauges(registry, { name: 'holdfast_disk_free_bytes', aggregator: 'min', read: figures('free') })
  addGauges(registry, { name: 'holdfast_disk_size_bytes', aggregator: 'min', read: figures('size') })
}

function addCertificate(registry: Registry, publicUrl: string): void {
  let endsAt = Number.NaN
  const read = latestOf(
    async () => {
      const { hostname, port } = new URL(publicUrl)
      endsAt = (await endOfCertificate(hostname, Number(port || 443))).getTime() / 1000
    },
    { everyMs: certificateEveryMs, retryMs: retryEveryMs },
  )
  addGauge(registry, {
    name: 'holdfast_certificate_expiry_timestamp_seconds',
    aggregator: 'min',
    read() {
      read()
      return endsAt
    },
  })
}

/** @returns begins `work` if its last run is long enough ago, and does not wait for it; one run at a time */
function latestOf(work: () => Promise<void>, { everyMs, retryMs }: { everyMs: number; retryMs: number }): () => void {
  let nextAtMs = Number.NEGATIVE_INFINITY
  let isRunning = false
  return () => {
    if (isRunning || performance.now() < nextAtMs) return
    isRunning = true
    work()
      .then(
        () => everyMs,
        () => retryMs,
      )
      .then((waitMs) => {
        nextAtMs = performance.now() + waitMs
        isRunning = false
      })
  }
}
