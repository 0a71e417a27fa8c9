import type { AuditLog, NewAuditEvent } from '@holdfast/engine'
import type { AuditEntry, CountedEntry } from './audit-entry.ts'
import { AuditRecorder, type AuditRecorderDeps } from './audit-recorder.ts'

type PlacedAuditDeps<Place> = Omit<AuditRecorderDeps, 'append'> & {
  /** Of the coordinator. */
  byClinic: AuditLog['byClinic']
  /** What appends in each place. */
  appends: ReadonlyMap<Place, AuditLog['append']>
  placeOf(clinicNo: number): Place
}

/**
 * Records events of clinics in several places, each with a queue of its own: a place that cannot be written holds back,
 * and loses, events of its own clinics alone. An account's own events, such as a sign-in, wait for the coordinator
 * first, which knows their clinics.
 */
export class PlacedAuditRecorder<Place> {
  readonly #deps: PlacedAuditDeps<Place>
  readonly #now: () => number
  readonly #common: AuditRecorder
  readonly #recorders: ReadonlyMap<Place, AuditRecorder>

  constructor(deps: PlacedAuditDeps<Place>) {
    const { byClinic, onWritten: _, appends, placeOf, ...common } = deps
    this.#deps = deps
    this.#now = deps.now ?? (() => performance.now())
    this.#common = new AuditRecorder({
      ...common,
      append: async (events) => {
        for (const event of await byClinic(events)) this.#recorderOf(event.clinicNo ?? 0).add(this.#entryOf(event))
      },
    })
    this.#recorders = new Map(Array.from(appends, ([place, append]) => [place, new AuditRecorder({ ...deps, append })]))
  }

  /** Returns at once. */
  record(entry: AuditEntry): void {
    const { clinicNo = null } = entry
    const recorder = clinicNo === null ? this.#common : this.#recorderOf(clinicNo)
    recorder.record(entry)
  }

  /** Writes everything that was recorded. */
  async stop(): Promise<void> {
    await this.#common.stop()
    await Promise.all(Array.from(this.#recorders.values(), (recorder) => recorder.stop()))
  }

  #recorderOf(clinicNo: number): AuditRecorder {
    const recorder = this.#recorders.get(this.#deps.placeOf(clinicNo))
    if (recorder === undefined) throw new Error(`No recorder has the place of the clinic ${clinicNo}.`)
    return recorder
  }

  #entryOf({ actorKind: _, count, ageMs, ...entry }: NewAuditEvent): CountedEntry {
    return { entry: entry as AuditEntry, count, atMs: this.#now() - ageMs }
  }
}
