import { isConnectionLost } from '@holdfast/engine'
import { LRUCache } from 'lru-cache'
import type { CacheFigures } from '../observe/metrics.ts'
import type { Change, SlotChange } from './changes.ts'

/**
 * A response as it is sent: text, because Node writes text together with the headers, but bytes separately.
 * `freshUntilMs`: the time at which it changes without a write (Infinity: never). `horizon`: all transactions below
 * it had ended when its load began.
 */
export type CachedResponse = { body: string; etag: string; freshUntilMs: number; horizon: bigint }

/**
 * `tags` name the data that the response depends on: a change with any of them outdates it. If only the free units of a
 * slot changed, `isChangedBy` decides; without it, the response is outdated too.
 */
export type LoadedResponse = CachedResponse & {
  tags: ReadonlySet<string>
  isChangedBy?: (slot: SlotChange) => boolean
}

export type ResponseQuery = {
  key: string
  /** false: the client has seen newer data than this process may have cached. */
  mayBeCached: boolean
  /** A transaction that the response must include, for responses that are not dropped by every change; null: none. */
  readAfter: bigint | null
  load: () => Promise<LoadedResponse>
}

/** `isStale`: the database is unavailable, and this is the last response that was loaded. */
export type ServedResponse = CachedResponse & { isStale: boolean }

/** `changesSeen`: it is right after so many changes. */
type Entry = { response: LoadedResponse; loadNo: number; changesSeen: number }
type Load = { response: Promise<LoadedResponse>; changesBefore: number }

const entryOverheadBytes = 512
/** A response that was not read for so many changes is loaded again. */
const changesMax = 2_000

/**
 * A cache of responses to public reads. Bounded in bytes; the least recently used response is removed first.
 *
 * - Concurrent requests for a missing response share one load. After a change, a request joins no earlier load, unless
 *   only free units of slots changed: most bookings do not concern a response that is being loaded.
 * - Changes are compared with a response when it is read: a request after a change never gets data that was read before
 *   it, unless the change does not concern the response.
 * - An outdated response is stored until it is replaced, and served as stale while the database is unavailable.
 */
export class ResponseCache {
  readonly #entries: LRUCache<string, Entry>
  readonly #loads = new Map<string, Load>()
  readonly #figures = { hits: 0, misses: 0, loads: 0, stale: 0 }
  /** The last changes; null: everything may have changed. */
  #changes: (Change | null)[] = []
  #changesForgotten = 0
  #isTrusted = true

  constructor(settings: { bytesMax: number }) {
    this.#entries = new LRUCache({
      maxSize: settings.bytesMax,
      maxEntrySize: Math.ceil(settings.bytesMax / 4),
      sizeCalculation: ({ response }, key) => Buffer.byteLength(response.body) + key.length + entryOverheadBytes,
    })
  }

  get figures(): CacheFigures {
    return { ...this.#figures, bytes: this.#entries.calculatedSize }
  }

  /**
   * The response, if it is cached and current. No promise, because almost every read takes this path.
   */
  current(key: string, readAfter: bigint | null = null): CachedResponse | undefined {
    const entry = this.#isTrusted ? this.#entries.get(key) : undefined
    if (entry === undefined || entry.response.freshUntilMs <= Date.now()) return undefined
    if (readAfter !== null && entry.response.horizon <= readAfter) return undefined
    if (this.#isOutdated(entry.response, entry.changesSeen, this.#changeCount)) return undefined
    entry.changesSeen = this.#changeCount
    this.#figures.hits += 1
    return entry.response
  }

  /** @throws what the load throws, unless the database is unavailable and an older response is stored */
  async read(query: ResponseQuery): Promise<ServedResponse> {
    const current = query.mayBeCached ? this.current(query.key, query.readAfter) : undefined
    if (current !== undefined) return { ...current, isStale: false }
    this.#figures.misses += 1
    try {
      return { ...(await this.#loaded(query)), isStale: false }
    } catch (error) {
      const isAway = isConnectionLost(error)
      const last = isAway ? this.#entries.get(query.key) : undefined
      if (last === undefined) throw error
      this.#figures.stale += 1
      return { ...last.response, isStale: true }
    }
  }

  /** Invalidates the responses that these changes outdate. */
  drop(changes: Iterable<Change | null>): void {
    this.#changes.push(...changes)
    const excess = this.#changes.length - changesMax
    if (excess < changesMax) return
    this.#changes = this.#changes.slice(excess)
    this.#changesForgotten += excess
  }

  /** false: changes are no longer received, so no cached response is known to be current. */
  trust(isTrusted: boolean): void {
    if (this.#isTrusted === isTrusted) return
    this.#isTrusted = isTrusted
    this.drop([null])
  }

  get #changeCount(): number {
    return this.#changesForgotten + this.#changes.length
  }

  /** Whether one of the changes from one count to another outdates it. */
  #isOutdated({ tags, isChangedBy }: LoadedResponse, from: number, to: number): boolean {
    if (from < this.#changesForgotten) return to > from
    for (let count = from; count < to; count += 1) {
      const change = this.#changes[count - this.#changesForgotten]
      if (change === null || change === undefined) return true
      if (!tags.has(change.tag)) continue
      if (change.slot === undefined || isChangedBy === undefined || isChangedBy(change.slot)) return true
    }
    return false
  }

  /** Whether nothing but free units of slots changed from a count until now. */
  #onlySlotsChanged(from: number): boolean {
    if (from < this.#changesForgotten) return false
    for (let at = from - this.#changesForgotten; at < this.#changes.length; at += 1) {
      if (this.#changes[at]?.slot === undefined) return false
    }
    return true
  }

  /** A request that joined a load after a change loads again if the change outdates what was loaded. */
  async #loaded(query: ResponseQuery): Promise<LoadedResponse> {
    for (;;) {
      const changesBefore = this.#changeCount
      // A client that has seen newer data must not join a load that may have begun before that data was written.
      const mayJoin = query.mayBeCached && query.readAfter === null
      const running = mayJoin ? this.#loads.get(query.key) : undefined
      const load = running && this.#onlySlotsChanged(running.changesBefore) ? running : this.#load(query)
      const response = await load.response
      if (!this.#isOutdated(response, load.changesBefore, changesBefore)) return response
    }
  }

  #load(query: ResponseQuery): Load {
    this.#figures.loads += 1
    const changesBefore = this.#changeCount
    const load: Load = { response: this.#loadAndStore(query, this.#figures.loads, changesBefore), changesBefore }
    this.#loads.set(query.key, load)
    const ended = () => {
      if (this.#loads.get(query.key) === load) this.#loads.delete(query.key)
    }
    load.response.then(ended, ended)
    return load
  }

  async #loadAndStore({ key, load }: ResponseQuery, loadNo: number, changesSeen: number): Promise<LoadedResponse> {
    const response = await load()
    // A slow load does not replace a newer response.
    const isNewest = (this.#entries.peek(key)?.loadNo ?? 0) < loadNo
    if (this.#isTrusted && isNewest) this.#entries.set(key, { response, loadNo, changesSeen })
    return response
  }
}
