import { setTimeout as delay } from 'node:timers/promises'
import type { AuditLog, NewAuditEvent } from '@holdfast/engine'
import type { Logger } from '../observe/logger.ts'
import type { AuditEntry, CountedEntry } from './audit-entry.ts'
import { RepeatedEntries } from './repeated-entries.ts'

export type AuditRecorderDeps = {
  append: AuditLog['append']
  /** The ids of the accounts with these e-mail addresses. */
  idsByEmail(emails: string[]): Promise<Map<string, string>>
  digestOf(email: string): string
  log: Pick<Logger, 'error'>
  onWritten?: (count: number) => void
  onLost?: (count: number) => void
  /** Milliseconds of a monotonic clock. */
  now?: () => number
}

const writeDelayMs = 100
const retryMs = 1_000
/** How often repetitions are checked for the end of their time. */
const repetitionsMs = 1_000
const batchMax = 500
/** While the database is unreachable; then the oldest are lost. */
const waitingMax = 10_000
/** At the stop; the database may be about to recover. */
const stopTriesMax = 3

/**
 * Collects events of the security log and appends them in batches within moments, so that no request waits for it. The
 * process loses at most those of the last moments if it is killed, and none when it stops.
 */
export class AuditRecorder {
  readonly #deps: AuditRecorderDeps
  readonly #now: () => number
  readonly #repeated: RepeatedEntries
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

  /** Writes everything that was recorded. */
  async stop(): Promise<void> {
    this.#repeated.passAll()
    this.#unschedule()
    for (let tries = 1; this.#waiting.length > 0; ) {
      if (await this.#write()) continue
      if (tries === stopTriesMax) return this.#lose(this.#waiting.splice(0).length)
      tries += 1
      await delay(retryMs)
    }
  }

  #enqueue(counted: CountedEntry): void {
    this.#waiting.push(counted)
    if (this.#waiting.length > waitingMax) this.#lose(this.#waiting.splice(0, this.#waiting.length - waitingMax).length)
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
    if (this.#waiting.length > 0) this.#schedule(isWritten ? writeDelayMs : retryMs)
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
    if (batch.length === 0) return
    try {
      await this.#deps.append(await this.#eventsOf(batch))
    } catch (error) {
      if (!isRefused(error)) throw error
      if (batch.length > 1) {
        const half = Math.ceil(batch.length / 2)
        await this.#append(batch.slice(0, half))
        return this.#append(batch.slice(half))
      }
      this.#remove(batch)
      return this.#lose(1, error)
    }
    this.#remove(batch)
    this.#deps.onWritten?.(batch.length)
  }

  async #eventsOf(batch: readonly CountedEntry[]): Promise<NewAuditEvent[]> {
    const emails = new Set(batch.flatMap(({ entry }) => [entry.actorEmail ?? [], entry.subjectEmail ?? []].flat()))
    const ids = emails.size === 0 ? new Map<string, string>() : await this.#deps.idsByEmail([...emails])
    return batch.map(({ entry, count, atMs }) => {
      const { kind, clinicNo = null, actorEmail, subjectEmail, network = null, details = [] } = entry
      const actorId = (actorEmail === undefined ? entry.actorId : ids.get(actorEmail)) ?? null
      const subjectId =
        subjectEmail === undefined
          ? (entry.subjectId ?? null)
          : (ids.get(subjectEmail) ?? this.#deps.digestOf(subjectEmail))
      const actorKind = actorId === null ? 'nobody' : 'account'
      const ageMs = Math.max(0, this.#now() - atMs)
      return { kind, clinicNo, actorKind, actorId, subjectId, network, details, count, ageMs }
    })
  }

  #remove(batch: readonly CountedEntry[]): void {
    const removed = new Set(batch)
    this.#waiting = this.#waiting.filter((counted) => !removed.has(counted))
  }

  #lose(count: number, error?: unknown): void {
    this.#deps.onLost?.(count)
    this.#deps.log.error({ count, err: error }, 'events of the security log were lost')
  }
}

/** Of these SQLSTATE classes, the same statement fails again: the data is wrong, or violates a constraint. */
function isRefused(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^2[23]...$/.test(String(error.code))
}
