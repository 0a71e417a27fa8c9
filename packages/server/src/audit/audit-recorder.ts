import { setTimeout as delay } from 'node:timers/promises'
import type { AuditLog, NewAuditEvent } from '@holdfast/engine'
import pTimeout from 'p-timeout'
import type { Logger } from '../observe/logger.ts'
import type { AuditEntry, CountedEntry } from './audit-entry.ts'
import { RepeatedEntries } from './repeated-entries.ts'
import { isOfStrangers, StrangerLimits } from './stranger-limits.ts'

export type AuditRecorderDeps = {
  append: AuditLog['append']
  /** The ids of the accounts with these e-mail addresses. */
  idsByEmail(emails: string[]): Promise<Map<string, string>>
  /** Which of these accounts have a role. */
  withRole: AuditLog['withRole']
  digestOf(text: string): string
  log: Pick<Logger, 'error'>
  onWritten?: (count: number) => void
  onLost?: (count: number) => void
  /** Milliseconds of a monotonic clock. */
  now?: () => number
}

const writeDelayMs = 100
/** How long a read waits for its entry, while the database commits those before it. */
const acknowledgeMsMax = 3_000
const retryMs = 1_000
/** How often repetitions are checked for the end of their time. */
const repetitionsMs = 1_000
const batchMax = 500
/** While the database is unreachable; then the oldest are lost. */
const waitingMax = 10_000
/** The number of attempts at the stop; the database may be about to recover. */
const stopTriesMax = 3

/** The security log could not be written in time: what it would record must not be shown. */
export class AuditUnavailable extends Error {
  constructor() {
    super('The security log cannot be written now.')
    this.name = 'AuditUnavailable'
  }
}

/**
 * Collects events of the security log and appends them in batches within moments. What has happened is recorded, and no
 * request waits for it: the process loses at most those of the last moments if it is killed, and none when it stops.
 * What is about to be shown is acknowledged: the request waits until its entry is committed.
 */
export class AuditRecorder {
  readonly #deps: AuditRecorderDeps
  readonly #now: () => number
  readonly #repeated: RepeatedEntries
  readonly #strangers = new StrangerLimits()
  /** Entries of strangers that are within the limits, and are counted once however often they are tried. */
  readonly #admitted = new WeakSet<CountedEntry>()
  readonly #committed = new WeakSet<CountedEntry>()
  /** Entries that requests wait for. */
  readonly #awaited = new Map<CountedEntry, PromiseWithResolvers<void>>()
  #waiting: CountedEntry[] = []
  #timer: { handle: NodeJS.Timeout; dueMs: number } | null = null
  #writing: Promise<boolean> | null = null

  constructor(deps: AuditRecorderDeps) {
    this.#deps = deps
    this.#now = deps.now ?? (() => performance.now())
    this.#repeated = new RepeatedEntries((counted) => this.#enqueue(counted), this.#now)
  }

  /** Returns at once. */
  record(entry: AuditEntry): void {
    this.#repeated.add(entry)
  }

  /**
   * Records entries, and resolves when they are committed. A repetition of an entry that is committed resolves at once,
   * and is counted.
   *
   * @throws AuditUnavailable if that takes too long; then they may be recorded later
   */
  async acknowledge(entries: readonly AuditEntry[]): Promise<void> {
    const firsts = entries.map((entry) => this.#repeated.add(entry)).filter((first) => !this.#committed.has(first))
    if (firsts.length === 0) return
    const committed = Promise.all(firsts.map((first) => this.#untilCommitted(first)))
    this.#schedule(0)
    await pTimeout(committed, { milliseconds: acknowledgeMsMax, message: new AuditUnavailable() })
  }

  /** Adds what another recorder has merged and limited. Returns at once. */
  add(counted: CountedEntry): void {
    this.#admitted.add(counted)
    this.#enqueue(counted)
  }

  /** Writes everything that was recorded. */
  async stop(): Promise<void> {
    this.#unschedule()
    for (let tries = 1; ; ) {
      // This includes what a write has merged.
      this.#repeated.passAll()
      if (this.#waiting.length === 0) return this.#unschedule()
      if (await this.#write()) continue
      if (tries === stopTriesMax) return this.#lose(this.#waiting.splice(0))
      tries += 1
      await delay(retryMs)
    }
  }

  #untilCommitted(first: CountedEntry): Promise<void> {
    const known = this.#awaited.get(first)
    if (known !== undefined) return known.promise
    const awaited = Promise.withResolvers<void>()
    this.#awaited.set(first, awaited)
    return awaited.promise
  }

  #enqueue(counted: CountedEntry): void {
    this.#waiting.push(counted)
    if (this.#waiting.length > waitingMax) this.#lose(this.#waiting.splice(0, this.#waiting.length - waitingMax))
    this.#schedule(writeDelayMs)
  }

  #schedule(delayMs: number): void {
    const dueMs = this.#now() + delayMs
    if (this.#timer !== null && this.#timer.dueMs <= dueMs) return
    this.#unschedule()
    const handle = setTimeout(() => {
      this.#timer = null
      void this.#tick()
    }, delayMs).unref()
    this.#timer = { handle, dueMs }
  }

  #unschedule(): void {
    if (this.#timer !== null) clearTimeout(this.#timer.handle)
    this.#timer = null
  }

  async #tick(): Promise<void> {
    this.#repeated.passEnded()
    const isWritten = await this.#write()
    const nextMs = this.#awaited.size > 0 ? 0 : writeDelayMs
    if (this.#waiting.length > 0) this.#schedule(isWritten ? nextMs : retryMs)
    else if (!this.#repeated.isEmpty) this.#schedule(repetitionsMs)
  }

  /** @returns false if the database could not be reached; then the events wait for the next try */
  #write(): Promise<boolean> {
    this.#writing ??= this.#writeBatch().finally(() => {
      this.#writing = null
    })
    return this.#writing
  }

  async #writeBatch(): Promise<boolean> {
    try {
      await this.#append(this.#waiting.slice(0, batchMax))
      return true
    } catch (error) {
      const waiting = this.#waiting.length
      this.#deps.log.error({ err: error, waiting }, 'the security log cannot be written, and is tried again')
      return false
    }
  }

  /** An event that the database refuses must not keep back the others: only that one is lost. */
  async #append(batch: readonly CountedEntry[]): Promise<void> {
    let events = batch
    try {
      const ids = await this.#idsIn(batch)
      events = await this.#withinLimits(batch, ids)
      if (events.length === 0) return
      await this.#deps.append(events.map((counted) => this.#eventOf(counted, ids)))
    } catch (error) {
      if (!isRefused(error)) throw error
      if (events.length > 1) {
        const half = Math.ceil(events.length / 2)
        await this.#append(events.slice(0, half))
        return this.#append(events.slice(half))
      }
      this.#remove(events)
      return this.#lose(events, error)
    }
    this.#remove(events)
    for (const counted of events) {
      this.#committed.add(counted)
      this.#awaited.get(counted)?.resolve()
      this.#awaited.delete(counted)
    }
    this.#deps.onWritten?.(events.length)
  }

  async #idsIn(batch: readonly CountedEntry[]): Promise<Map<string, string>> {
    const emails = new Set(batch.flatMap(({ entry }) => [entry.actorEmail ?? [], entry.subjectEmail ?? []].flat()))
    return emails.size === 0 ? new Map() : this.#deps.idsByEmail([...emails])
  }

  /** Merges what strangers cause beyond the limits. What concerns an account with a role is never merged. */
  async #withinLimits(batch: readonly CountedEntry[], ids: ReadonlyMap<string, string>): Promise<CountedEntry[]> {
    const subjectOf = ({ entry }: CountedEntry) => accountOf(entry.subjectEmail, entry.subjectId, ids)
    const limited = batch.filter((counted) => isOfStrangers(counted.entry) && !this.#admitted.has(counted))
    const subjectIds = [...new Set(limited.flatMap((counted) => subjectOf(counted) ?? []))]
    const withRole = subjectIds.length === 0 ? new Set<string>() : await this.#deps.withRole(subjectIds)
    const merged = new Set<CountedEntry>()
    for (const counted of limited) {
      const { entry, count } = counted
      const recorded = withRole.has(subjectOf(counted) ?? '') ? entry : this.#strangers.limited(entry, this.#now())
      if (recorded === entry) {
        this.#admitted.add(counted)
      } else {
        merged.add(counted)
        this.#repeated.add(recorded, count)
      }
    }
    this.#remove([...merged])
    return batch.filter((counted) => !merged.has(counted))
  }

  #eventOf({ entry, count, atMs }: CountedEntry, ids: ReadonlyMap<string, string>): NewAuditEvent {
    const { kind, clinicNo = null, subjectEmail, subjects = [], network = null, details = [] } = entry
    const actorId = accountOf(entry.actorEmail, entry.actorId, ids)
    const digested = subjectEmail ?? (entry.searched === undefined ? undefined : `search ${entry.searched}`)
    const subjectId =
      accountOf(subjectEmail, entry.subjectId, ids) ?? (digested === undefined ? null : this.#deps.digestOf(digested))
    const actorKind = actorId === null ? 'nobody' : 'account'
    const ageMs = Math.max(0, this.#now() - atMs)
    return { kind, clinicNo, actorKind, actorId, subjectId, subjects, network, details, count, ageMs }
  }

  #remove(batch: readonly CountedEntry[]): void {
    const removed = new Set(batch)
    this.#waiting = this.#waiting.filter((counted) => !removed.has(counted))
  }

  #lose(lost: readonly CountedEntry[], error?: unknown): void {
    const count = lost.length
    for (const counted of lost) {
      this.#repeated.forget(counted)
      this.#awaited.get(counted)?.reject(new AuditUnavailable())
      this.#awaited.delete(counted)
    }
    this.#deps.onLost?.(count)
    this.#deps.log.error({ count, err: error }, 'events of the security log were lost')
  }
}

/** The account with this e-mail address, if there is one; without an address, that with this id. */
function accountOf(email: string | undefined, id: string | null | undefined, ids: ReadonlyMap<string, string>) {
  return (email === undefined ? id : ids.get(email)) ?? null
}

/** In these SQLSTATE classes, the same statement fails again: the data is wrong, or violates a constraint. */
function isRefused(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^2[23]...$/.test(String(error.code))
}
