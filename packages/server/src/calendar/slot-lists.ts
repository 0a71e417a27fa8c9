import { LRUCache } from 'lru-cache'
import type { Calendar, DaysView } from './calendar.ts'
import type { DoctorCalendar } from './doctor-calendar.ts'
import type { DoctorTexts, ListedDays } from './doctor-texts.ts'

/** A list as it is sent. `isStale`: the database is unavailable, and these are the last slots known. */
export type ListedSlots = { body: string; etag: string; isStale: boolean }

/** `misses` waited for the database or the log. */
export type SlotListFigures = { hits: number; misses: number; stale: number; bytes: number }

/**
 * The JSON of slot lists, from the calendars in memory. Bounded in bytes: the texts of the doctor whose lists were
 * written least recently go first.
 */
export class SlotLists {
  readonly #calendar: Pick<Calendar, 'days'>
  readonly #written: LRUCache<DoctorCalendar, DoctorTexts>
  readonly #figures = { hits: 0, misses: 0, stale: 0 }

  constructor({ calendar, bytesMax }: { calendar: Pick<Calendar, 'days'>; bytesMax: number }) {
    this.#calendar = calendar
    this.#written = new LRUCache({
      maxSize: bytesMax,
      maxEntrySize: Math.ceil(bytesMax / 4),
      sizeCalculation: ({ bytes }) => bytes,
      dispose: (texts, _calendar, reason) => {
        if (reason === 'evict') texts.clear()
      },
    })
  }

  get figures(): SlotListFigures {
    return { ...this.#figures, bytes: this.#written.calculatedSize }
  }

  /**
   * The list of a doctor's local days; null: no such active doctor. The same text until something in it changes.
   *
   * @param readAfter a position that must be included; null: none
   * @throws what the load throws, unless the database is unavailable and these days are known
   */
  read(doctorId: string, listed: ListedDays, readAfter: bigint | null): ListedSlots | Promise<ListedSlots | null> {
    const view = this.#calendar.days(doctorId, listed.from, listed.to, readAfter)
    if (!(view instanceof Promise)) return this.#listOf(view, listed, 'hits')
    return view.then((loaded) => (loaded === null ? null : this.#listOf(loaded, listed, 'misses')))
  }

  #listOf(view: DaysView, listed: ListedDays, result: 'hits' | 'misses'): ListedSlots {
    const { isStale } = view
    this.#figures[isStale ? 'stale' : result] += 1
    // Without `get`: on every read, the order of the LRU would cost more than writing what it drops.
    const { body, etag } = view.calendar.texts.current(listed, view.nowMs) ?? this.#write(view, listed)
    return { body, etag, isStale }
  }

  #write(view: DaysView, listed: ListedDays): { body: string; etag: string } {
    const { calendar } = view
    const { texts } = calendar
    const written = texts.write(listed, view)
    // Its size has changed, which the LRU reads when it is set.
    this.#written.delete(calendar)
    this.#written.set(calendar, texts)
    if (!this.#written.has(calendar)) texts.clear()
    return written
  }
}
