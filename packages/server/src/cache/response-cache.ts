import { isConnectionLost } from '@holdfast/engine'
import { LRUCache } from 'lru-cache'

/**
 * An answer as it goes over the wire: text, because Node writes it with its headers in one piece, and bytes in two.
 * `freshUntilMs`: when it changes by itself; Infinity: never. `horizon`: every
 * transaction below it was over when its load began.
 */
export type CachedResponse = { body: string; etag: string; freshUntilMs: number; horizon: bigint }

/** `tags` name what the answer was made of: it is dropped with any of them. */
export type LoadedResponse = CachedResponse & { tags: readonly string[] }

export type ResponseQuery = {
  key: string
  /** Tags known before it is loaded; null: only the load tells. */
  tags: readonly string[] | null
  /** false: the asker has seen newer data than this process may have cached. */
  mayBeCached: boolean
  /** A transaction that the answer has to include, for one that not every change drops; null: none. */
  readAfter: bigint | null
  load: () => Promise<LoadedResponse>
}

/** `isStale`: the database is away, and this is the last answer it gave. */
export type ServedResponse = CachedResponse & { isStale: boolean }

/** `misses` waited for one of the `loads`; `stale`: were given the last known answer, the database being away. */
export type CacheFigures = {
  hits: number
  misses: number
  loads: number
  stale: number
  entries: number
  bytes: number
}

type Kept = LoadedResponse & { isCurrent: boolean }
type Flight = { answer: Promise<LoadedResponse>; tags: readonly string[] | null; dropped: Set<string> }

const entryOverheadBytes = 512

/**
 * Answers of public reads, ready-made. Bounded in bytes; the one not asked for longest goes first.
 *
 * - Any number of requests for an answer that is not there cost one load.
 * - `drop` makes an answer be loaded anew, also one that is being loaded just now: who asks after a drop is never given
 *   what was read before it.
 * - What was dropped is kept as the last one known, for when the database is away.
 */
export class ResponseCache {
  readonly #kept: LRUCache<string, Kept>
  readonly #keysByTag = new Map<string, Set<string>>()
  readonly #flights = new Map<string, Flight>()
  readonly #flying = new Set<Flight>()
  readonly #figures = { hits: 0, misses: 0, loads: 0, stale: 0 }
  readonly #now: () => number
  #isTrusted = true

  constructor(settings: { bytesMax: number; now?: () => number }) {
    this.#now = settings.now ?? Date.now
    this.#kept = new LRUCache({
      maxSize: settings.bytesMax,
      maxEntrySize: Math.ceil(settings.bytesMax / 4),
      sizeCalculation: (kept, key) => Buffer.byteLength(kept.body) + key.length + entryOverheadBytes,
      dispose: (kept, key) => this.#untag(kept, key),
      noDisposeOnSet: false,
    })
  }

  get figures(): CacheFigures {
    return { ...this.#figures, entries: this.#kept.size, bytes: this.#kept.calculatedSize }
  }

  /** The answer, if it is kept and good. Takes no promise: this is the path of almost every read. */
  current(key: string, readAfter: bigint | null = null): CachedResponse | undefined {
    const kept = this.#isTrusted ? this.#kept.get(key) : undefined
    if (kept === undefined || !kept.isCurrent || kept.freshUntilMs <= this.#now()) return undefined
    if (readAfter !== null && kept.horizon <= readAfter) return undefined
    this.#figures.hits += 1
    return kept
  }

  /** @throws what the load throws, unless the database is away and an older answer is known */
  async read(query: ResponseQuery): Promise<ServedResponse> {
    const current = query.mayBeCached ? this.current(query.key, query.readAfter) : undefined
    if (current !== undefined) return { ...current, isStale: false }
    this.#figures.misses += 1
    try {
      return { ...(await this.#load(query)), isStale: false }
    } catch (error) {
      const last = isConnectionLost(error) ? this.#kept.get(query.key) : undefined
      if (last === undefined) throw error
      this.#figures.stale += 1
      return { ...last, isStale: true }
    }
  }

  /** What was made of any of these has changed. */
  drop(tags: Iterable<string>): void {
    for (const tag of tags) {
      for (const key of this.#keysByTag.get(tag) ?? []) {
        const kept = this.#kept.peek(key)
        if (kept !== undefined) kept.isCurrent = false
      }
      for (const flight of this.#flying) flight.dropped.add(tag)
      for (const [key, flight] of this.#flights) {
        if (flight.tags === null || flight.tags.includes(tag)) this.#flights.delete(key)
      }
    }
  }

  /** false: nobody tells of changes any more, so nothing kept is known to be current. */
  trust(isTrusted: boolean): void {
    if (this.#isTrusted === isTrusted) return
    this.#isTrusted = isTrusted
    for (const kept of this.#kept.values()) kept.isCurrent = false
    this.#flights.clear()
    for (const flight of this.#flying) flight.dropped.add(anyTag)
  }

  #load(query: ResponseQuery): Promise<LoadedResponse> {
    // Who has seen newer data does not join a load that may have begun before it.
    const mayJoin = query.mayBeCached && query.readAfter === null
    const underway = mayJoin ? this.#flights.get(query.key) : undefined
    if (underway !== undefined) return underway.answer
    this.#figures.loads += 1
    const flight: Flight = { answer: query.load(), tags: query.tags, dropped: new Set() }
    this.#flights.set(query.key, flight)
    this.#flying.add(flight)
    flight.answer = flight.answer
      .then((answer) => {
        if (this.#isTrusted) this.#keep(query.key, answer, flight.dropped)
        return answer
      })
      .finally(() => {
        this.#flying.delete(flight)
        if (this.#flights.get(query.key) === flight) this.#flights.delete(query.key)
      })
    return flight.answer
  }

  #keep(key: string, answer: LoadedResponse, dropped: ReadonlySet<string>): void {
    const isCurrent = !dropped.has(anyTag) && !answer.tags.some((tag) => dropped.has(tag))
    // What is newer is not put back by a load that took longer.
    if (!isCurrent && this.#kept.peek(key)?.isCurrent) return
    this.#kept.set(key, { ...answer, isCurrent })
    if (!this.#kept.has(key)) return
    for (const tag of answer.tags) {
      const keys = this.#keysByTag.get(tag) ?? new Set()
      this.#keysByTag.set(tag, keys.add(key))
    }
  }

  #untag(kept: Kept, key: string): void {
    for (const tag of kept.tags) {
      const keys = this.#keysByTag.get(tag)
      keys?.delete(key)
      if (keys?.size === 0) this.#keysByTag.delete(tag)
    }
  }
}

const anyTag = '*'
