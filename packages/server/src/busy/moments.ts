import type { EventTimes } from './event-times.ts'
import { dayMs, dayOf, type FileTime } from './file-times.ts'

/** Times that name occurrences of a series: those that start then or, if they are days, on that day. */
export class Moments {
  readonly #series: EventTimes
  readonly #instants = new Set<number>()
  readonly #days = new Set<number>()

  constructor(series: EventTimes) {
    this.#series = series
  }

  /** Times in an unknown zone are ignored. */
  addAll(times: readonly FileTime[]): void {
    for (const time of times) {
      try {
        if (time.isDay || this.#series.start.isDay) this.#days.add(dayOf(this.wallOf(time)))
        else this.#instants.add(this.#series.zone.msOf(this.wallOf(time)))
      } catch {
        // An occurrence too many only offers less.
      }
    }
  }

  has(wallMs: number, startMs: number): boolean {
    return this.#instants.has(startMs) || this.#days.has(dayOf(wallMs))
  }

  /**
   * The start of the occurrence that a time names, on the clock of the series. A time without a zone is in that of the
   * series.
   *
   * @throws UnreadableEvent its zone is not known
   */
  wallOf(time: FileTime): number {
    const { start, zone, zones } = this.#series
    if (start.isDay) return dayOf(isMidnight(time) || !time.isUtc ? time.wallMs : zones.clinic.wallAt(time.wallMs))
    if (time.isDay) return time.wallMs + start.wallMs - dayOf(start.wallMs)
    const isAlike = time.isUtc === start.isUtc && time.tzid === start.tzid
    const isFloating = time.tzid === null && !time.isUtc
    if (isAlike || isFloating) return time.wallMs
    return zone.wallAt(zones.of(time).msOf(time.wallMs))
  }
}

function isMidnight({ wallMs }: FileTime): boolean {
  return wallMs % dayMs === 0
}
