import { hash } from 'node:crypto'
import { type CalendarRules, localDays } from '@holdfast/engine'
import { bookableTime } from '@holdfast/vocabulary'
import { SlotJson } from './slot-json.ts'

/** Local days `YYYY-MM-DD`, both included. `onlyAvailable`: only slots that can be booked now. */
export type ListedDays = { from: string; to: string; onlyAvailable: boolean }

/**
 * `etag` covers the slots. `untilMs`: when the text changes even if nothing is written, because a slot becomes bookable
 * or too near, by the database's clock; Infinity: never.
 */
export type WrittenText = { body: string; etag: string; untilMs: number }

/** Times in milliseconds since 1970. */
export type VisitSlot = (id: string, startsAtMs: number, endsAtMs: number, capacity: number, available: number) => void

/** The calendar whose texts these are. */
export type WrittenCalendar = {
  readonly doctorId: string
  readonly rules: CalendarRules
  /** Calls `visit` for each slot that starts in [startMs, endMs), by start. They must be loaded. */
  forEachSlot(startMs: number, endMs: number, visit: VisitSlot): void
}

/** The slots that start in [start, end), milliseconds since 1970. */
type View = { start: number; end: number; asOfMs: number; nowMs: number }

type Days = { startMs: number; endMs: number; written: WrittenText | null }
type List = Days & { days: readonly Days[] }

/** A generous estimate of what an entry takes besides its text. */
const entryBytes = 400

/**
 * The JSON of one doctor's slot lists. A local day is written once when it is requested after it has changed, and a
 * list is joined from its days, with an entity tag from theirs.
 */
export class DoctorTexts {
  readonly #calendar: WrittenCalendar
  readonly #json: SlotJson
  readonly #days = new Map<string, Days>()
  readonly #lists = new Map<string, List>()

  constructor(calendar: WrittenCalendar) {
    this.#calendar = calendar
    this.#json = new SlotJson(calendar.doctorId)
  }

  get bytes(): number {
    let bytes = entryBytes
    for (const { written } of this.#days.values()) bytes += entryBytes + (written?.body.length ?? 0)
    for (const { written, days } of this.#lists.values()) {
      bytes += entryBytes + 8 * days.length + (written?.body.length ?? 0)
    }
    return bytes
  }

  clear(): void {
    this.#days.clear()
    this.#lists.clear()
  }

  /** The text of a list, if it is right. */
  current(listed: ListedDays, nowMs: number): WrittenText | undefined {
    const written = this.#lists.get(keyOf(listed))?.written
    return written && nowMs < written.untilMs ? written : undefined
  }

  /** Writes the list of a view, which shows these days. */
  write(listed: ListedDays, view: View): WrittenText {
    const list = this.#lists.getOrInsertComputed(keyOf(listed), () => this.#listOf(listed, view))
    const days = list.days.map((day) => this.#dayText(day, listed.onlyAvailable, view.nowMs))
    const items = days.flatMap(({ body }) => (body === '' ? [] : [body])).join(',')
    list.written = {
      body: `{"items":[${items}],"asOf":"${new Date(view.asOfMs).toISOString()}"}`,
      etag: `W/"${days.length === 1 ? days[0]?.etag : digestOf(days.map(({ etag }) => etag).join())}"`,
      untilMs: Math.min(...days.map(({ untilMs }) => untilMs)),
    }
    return list.written
  }

  /** Slots that start in [startMs, endMs) have changed: texts with them are written again. */
  outdate(startMs: number, endMs: number): void {
    for (const map of [this.#days, this.#lists]) {
      for (const days of map.values()) if (days.startMs < endMs && startMs < days.endMs) days.written = null
    }
  }

  #listOf({ from, to, onlyAvailable }: ListedDays, { start, end }: View): List {
    const days = localDays(from, to, this.#calendar.rules.timezone).map(({ date, start: first, end: next }) =>
      this.#days.getOrInsertComputed(keyOf({ from: date, to: date, onlyAvailable }), () => ({
        startMs: first.getTime(),
        endMs: next.getTime(),
        written: null,
      })),
    )
    return { startMs: start, endMs: end, written: null, days }
  }

  #dayText(day: Days, onlyAvailable: boolean, nowMs: number): WrittenText {
    if (day.written !== null && nowMs < day.written.untilMs) return day.written
    let body = ''
    let changesAtMs = Number.POSITIVE_INFINITY
    this.#calendar.forEachSlot(day.startMs, day.endMs, (id, startsAtMs, endsAtMs, capacity, available) => {
      if (onlyAvailable) {
        if (available < 1) return
        const { fromMs, untilMs } = bookableTime(startsAtMs, this.#calendar.rules)
        const changeMs = nowMs < fromMs ? fromMs : untilMs
        if (nowMs < changeMs && changeMs < changesAtMs) changesAtMs = changeMs
        if (nowMs < fromMs || nowMs >= untilMs) return
      }
      const item = this.#json.item(id, startsAtMs, endsAtMs, capacity, available)
      body = body === '' ? item : `${body},${item}`
    })
    day.written = { body, etag: digestOf(body), untilMs: changesAtMs }
    return day.written
  }
}

function keyOf({ from, to, onlyAvailable }: ListedDays): string {
  return onlyAvailable ? `${from} ${to} available` : `${from} ${to}`
}

function digestOf(text: string): string {
  return hash('sha1', text, 'base64url')
}
