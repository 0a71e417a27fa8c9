import type { Span } from './span.ts'

/** Which of so many equal parts of its track's breadth. `until`: when the next case in it begins, or the track ends. */
export type Lane = { lane: number; lanes: number; until: number }

/**
 * Where each of a track's spans is in it: those that overlap lie beside each other.
 *
 * @param end of the track
 */
export function lanesIn(spans: readonly (Span & { id: string })[], end: number): Map<string, Lane> {
  const lanes = new Map<string, Lane>()
  const inOrder = spans.toSorted((a, b) => a.from - b.from)
  /** Those that share the breadth, and when the last one of each lane ends. */
  let [together, ends]: [Lane[], number[]] = [[], []]
  for (const { id, from, to } of inOrder) {
    const isApart = ends.every((end) => end <= from)
    const free = ends.findIndex((end) => end <= from)
    const lane = isApart ? 0 : free === -1 ? ends.length : free
    for (const each of together) if (isApart || each.lane === lane) each.until = Math.min(each.until, from)
    if (isApart) [together, ends] = [[], []]
    ends[lane] = to
    const own: Lane = { lane, lanes: ends.length, until: end }
    together.push(own)
    for (const each of together) each.lanes = ends.length
    lanes.set(id, own)
  }
  return lanes
}

const wholeRow: Lane = { lane: 0, lanes: 1, until: -Infinity }

export function laneOf(lanes: ReadonlyMap<string, Lane>, id: string): Lane {
  return lanes.get(id) ?? wholeRow
}
