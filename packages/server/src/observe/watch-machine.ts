import type { StatsFs } from 'node:fs'
import { statfs } from 'node:fs/promises'
import pTimeout from 'p-timeout'
import type { Config } from '../config/config.ts'
import { endOfCertificate } from './certificate-end.ts'
import { alertThresholds } from './table/alert-thresholds.ts'

export type MachineSettings = Pick<Config, 'databaseUrl' | 'dataDirectory' | 'backupTo' | 'publicUrl'>

/** Replaced by tests. */
export type Machine = {
  /** Milliseconds of a clock that never goes back. */
  nowMs: () => number
  endOfCertificate: typeof endOfCertificate
  statfs: (path: string) => Promise<Pick<StatsFs, 'bavail' | 'blocks' | 'bsize'>>
}

/** Bytes. */
export type Space = { free: number; size: number }

/** What concerns the machine of this process. Nothing waits for it: each call begins a reading, if one is due. */
export type MachineWatch = {
  /** Those on this machine by their names. Empty: the data and the backups are elsewhere. */
  directories: readonly string[]
  /** The space of each directory, as it was read in the last minutes. One that cannot be read is missing. */
  spaces(): ReadonlyMap<string, Space>
  /** false: HOLDFAST_URL has no certificate. */
  hasCertificate: boolean
  /** When the certificate ends that is served, in seconds since 1970. NaN: it was never reached. */
  certificateEndsAt(): number
  /** Waits for the readings that these calls begin, but no longer than `msMax`. */
  read(msMax: number): Promise<void>
}

const certificateEveryMs = 3_600_000
const retryEveryMs = 60_000
const spaceEveryMs = 1_000
/** An older value would hide that the disk fills. */
const spaceMsMax = 300_000
/** A day before the first alert on it: from then on, a new certificate is noticed within a minute. */
const certificateNearMs = (alertThresholds.HoldfastCertificateEnds.limit + 86_400) * 1_000

export function watchMachine(settings: MachineSettings, replaced: Partial<Machine> = {}): MachineWatch {
  const machine: Machine = { nowMs: () => performance.now(), endOfCertificate, statfs, ...replaced }
  const directories = directoriesOf(settings)
  const url = settings.publicUrl?.startsWith('https:') ? settings.publicUrl : null
  const { latest: latestSpaces, read: readSpaces } = watchSpaces(directories, machine)
  const { endsAt, read: readCertificate } = watchCertificate(url, machine)
  return {
    directories: directories.map(({ name }) => name),
    spaces() {
      void readSpaces()
      return latestSpaces()
    },
    hasCertificate: url !== null,
    certificateEndsAt() {
      void readCertificate()
      return endsAt()
    },
    async read(msMax) {
      await pTimeout(Promise.all([readSpaces(), readCertificate()]), { milliseconds: msMax, fallback: () => undefined })
    },
  }
}

type NamedDirectory = { name: 'data' | 'backups'; path: string }

function directoriesOf({ databaseUrl, dataDirectory, backupTo }: MachineSettings): NamedDirectory[] {
  const data = databaseUrl === null ? [{ name: 'data' as const, path: dataDirectory }] : []
  const isDirectory = backupTo !== null && !backupTo.includes('://')
  return isDirectory ? [...data, { name: 'backups', path: backupTo }] : data
}

/**
 * A network file system may hang: each directory is read apart from the others, and what was read last is shown for
 * {@link spaceMsMax}.
 */
function watchSpaces(directories: readonly NamedDirectory[], { nowMs, statfs }: Machine) {
  const found = new Map<string, Space & { readAtMs: number }>()
  async function readSpace({ name, path }: NamedDirectory): Promise<void> {
    const space = await statfs(path).catch(() => null)
    // Not before: what was read last is shown meanwhile.
    if (space === null) {
      found.delete(name)
      return
    }
    const { bavail, blocks, bsize } = space
    found.set(name, { free: bavail * bsize, size: blocks * bsize, readAtMs: nowMs() })
  }
  const readEach = directories.map((directory) =>
    whenDue(async () => {
      await readSpace(directory)
      return spaceEveryMs
    }, nowMs),
  )
  return {
    latest: () => new Map(Array.from(found).filter(([, { readAtMs }]) => nowMs() - readAtMs < spaceMsMax)),
    read: () => Promise.all(readEach.map((read) => read())),
  }
}

function watchCertificate(url: string | null, machine: Machine) {
  let endsAt = Number.NaN
  const read = whenDue(async () => {
    if (url === null) return certificateEveryMs
    const { hostname, port } = new URL(url)
    const end = await machine.endOfCertificate(hostname, Number(port || 443))
    endsAt = end.getTime() / 1000
    return end.getTime() - Date.now() < certificateNearMs ? retryEveryMs : certificateEveryMs
  }, machine.nowMs)
  return { endsAt: () => endsAt, read }
}

/**
 * @param work returns after how many milliseconds it is due again; after a failure, it is due in a minute
 * @returns begins `work` if it is due, one run at a time, and resolves at its end
 */
function whenDue(work: () => Promise<number>, nowMs: () => number): () => Promise<void> {
  let nextAtMs = Number.NEGATIVE_INFINITY
  let running: Promise<void> | null = null
  return async () => {
    if (running === null && nowMs() < nextAtMs) return
    running ??= work()
      .catch(() => retryEveryMs)
      .then((waitMs) => {
        nextAtMs = nowMs() + waitMs
        running = null
      })
    await running
  }
}
