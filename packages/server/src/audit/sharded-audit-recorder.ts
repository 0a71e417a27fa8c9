import type { AuditLog, NewAuditEvent } from '@holdfast/engine'
import type { AuditEntry, CountedEntry } from './audit-entry.ts'
import { AuditRecorder, type AuditRecorderDeps } from './audit-recorder.ts'

type ShardedAuditDeps<Shard> = Omit<AuditRecorderDeps, 'append'> & {
  /** Finds the clinics of events in the directory. */
  byClinic: AuditLog['byClinic']
  /** What appends in each shard. */
  appends: ReadonlyMap<Shard, AuditLog['append']>
  shardOf(clinicNo: number): Shard
}

/**
 * Records events of clinics in several shards, each with a separate queue: a shard that cannot be written holds back,
 * and loses, events of its own clinics alone. An account's own events, such as a sign-in, wait for the directory
 * first, which knows their clinics.
 */
export class ShardedAuditRecorder<Shard> {
  readonly #deps: ShardedAuditDeps<Shard>
  readonly #now: () => number
  readonly #common: AuditRecorder
  readonly #recorders: ReadonlyMap<Shard, AuditRecorder>

  constructor(deps: ShardedAuditDeps<Shard>) {
    const { byClinic, onWritten: _, appends, shardOf, ...common } = deps
    this.#deps = deps
    this.#now = deps.now ?? (() => performance.now())
    this.#common = new AuditRecorder({
      ...common,
      append: async (events) => {
        for (const event of await byClinic(events)) this.#recorderOf(event.clinicNo ?? 0).add(this.#entryOf(event))
      },
    })
    this.#recorders = new Map(Array.from(appends, ([shard, append]) => [shard, new AuditRecorder({ ...deps, append })]))
  }

  /** Returns at once. */
  record(entry: AuditEntry): void {
    this.#recorderFor(entry).record(entry)
  }

  /**
   * Records entries of clinics, and resolves when they are committed.
   *
   * @throws AuditUnavailable if that takes too long
   */
  async acknowledge(entries: readonly AuditEntry[]): Promise<void> {
    await Promise.all(entries.map((entry) => this.#recorderFor(entry).acknowledge([entry])))
  }

  /** Writes everything that was recorded. */
  async stop(): Promise<void> {
    const stopShards = () => Array.from(this.#recorders.values(), (recorder) => recorder.stop())
    await Promise.all([this.#common.stop(), ...stopShards()])
    // The directory may have found the clinics of further events meanwhile.
    await Promise.all(stopShards())
  }

  #recorderFor({ clinicNo = null }: AuditEntry): AuditRecorder {
    return clinicNo === null ? this.#common : this.#recorderOf(clinicNo)
  }

  #recorderOf(clinicNo: number): AuditRecorder {
    const recorder = this.#recorders.get(this.#deps.shardOf(clinicNo))
    if (recorder === undefined) throw new Error(`No recorder has the shard of the clinic ${clinicNo}.`)
    return recorder
  }

  #entryOf({ actorKind: _, count, ageMs, ...entry }: NewAuditEvent): CountedEntry {
    return { entry: entry as AuditEntry, count, atMs: this.#now() - ageMs }
  }
}
