import { statfs } from 'node:fs/promises'
import type { Registry } from 'prom-client'
import type { Config } from '../config/config.ts'
import { endOfCertificate } from './certificate-end.ts'
import { addGauge, addGauges } from './figures.ts'

type Settings = Pick<Config, 'databaseUrl' | 'dataDirectory' | 'backupTo' | 'publicUrl'>

/** Replaced by tests. */
type Machine = {
  /** Milliseconds of a clock that never goes back. */
  nowMs: () => number
  endOfCertificate: typeof endOfCertificate
}

const certificateEveryMs = 3_600_000
const retryEveryMs = 60_000
const spaceEveryMs = 1_000
/** A day before the first alert on it: from then on, a new certificate is noticed within a minute. */
const certificateNearMs = 15 * 86_400_000

/** Adds what concerns the machine: the space of its disks, and until when the certificate of its address is valid. */
export function addMachineFigures(registry: Registry, settings: Settings, replaced: Partial<Machine> = {}): void {
  const machine: Machine = { nowMs: () => performance.now(), endOfCertificate, ...replaced }
  const directories = directoriesOf(settings)
  if (directories.length > 0) addSpace(registry, directories, machine)
  if (settings.publicUrl?.startsWith('https:')) addCertificate(registry, settings.publicUrl, machine)
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
function addSpace(registry: Registry, directories: readonly NamedDirectory[], { nowMs }: Machine): void {
  const latest = new Map<string, Space>()
  async function readSpace({ name, path }: NamedDirectory): Promise<void> {
    const space = await statfs(path).catch(() => null)
    // Not before: what was read last is shown meanwhile.
    if (space === null) latest.delete(name)
    else latest.set(name, { free: space.bavail * space.bsize, size: space.blocks * space.bsize })
  }
  const read = latestOf(async () => {
    await Promise.all(directories.map(readSpace))
    return spaceEveryMs
  }, nowMs)
  const figures = (figure: keyof Space) => () => {
    read()
    return Array.from(latest, ([name, space]) => [name, space[figure]] as const)
  }
  addGauges(registry, { name: 'holdfast_disk_free_bytes', aggregator: 'min', read: figures('free') })
  addGauges(registry, { name: 'holdfast_disk_size_bytes', aggregator: 'min', read: figures('size') })
}

function addCertificate(registry: Registry, publicUrl: string, machine: Machine): void {
  let endsAt = Number.NaN
  const read = latestOf(async () => {
    const { hostname, port } = new URL(publicUrl)
    const end = await machine.endOfCertificate(hostname, Number(port || 443))
    endsAt = end.getTime() / 1000
    return end.getTime() - Date.now() < certificateNearMs ? retryEveryMs : certificateEveryMs
  }, machine.nowMs)
  addGauge(registry, {
    name: 'holdfast_certificate_expiry_timestamp_seconds',
    aggregator: 'min',
    read() {
      read()
      return endsAt
    },
  })
}

/**
 * @param work returns after how many milliseconds it is due again; after a failure, it is due in a minute
 * @returns begins `work` if it is due, and does not wait for it; one run at a time
 */
function latestOf(work: () => Promise<number>, nowMs: () => number): () => void {
  let nextAtMs = Number.NEGATIVE_INFINITY
  let isRunning = false
  return () => {
    if (isRunning || nowMs() < nextAtMs) return
    isRunning = true
    work()
      .catch(() => retryEveryMs)
      .then((waitMs) => {
        nextAtMs = nowMs() + waitMs
        isRunning = false
      })
  }
}
