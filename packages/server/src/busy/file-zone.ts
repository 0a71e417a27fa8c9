import { type Part, propertiesOf, propertyOf } from './calendar-parts.ts'
import { dayMs, timeOf, timesOf } from './file-times.ts'
import { UnreadableEvent } from './left-out.ts'
import { occurrencesOf, ruleIn } from './recurrence-rule.ts'
import type { Zone } from './zone.ts'

/** A change of the clocks. `wallMs`: on the clock before it. */
type Change = { wallMs: number; beforeMs: number; afterMs: number }

const changesMax = 5_000
/** No event is later. Outlook's rules begin in 1601. */
const lastMs = Date.UTC(2200, 0, 1)

/** A zone as a file defines it. @throws Error its definition cannot be read */
export function fileZone(part: Part): Zone {
  const changes = part.parts.flatMap(changesIn).toSorted((a, b) => a.wallMs - b.wallMs)
  const [first] = changes
  if (part.isBroken || first === undefined) throw new UnreadableEvent('unreadable')
  const lastBefore = (isBefore: (change: Change) => boolean) => changes.findLast(isBefore)
  return {
    // An hour that is skipped is read by the offset before it, and one that is repeated is the first, as in Temporal.
    msOf(wallMs) {
      const change = lastBefore((one) => one.wallMs <= wallMs)
      if (change === undefined) return wallMs - first.beforeMs
      const isSkipped = wallMs < change.wallMs + change.afterMs - change.beforeMs
      return wallMs - (isSkipped ? change.beforeMs : change.afterMs)
    },
    wallAt(ms) {
      return ms + (lastBefore((one) => one.wallMs - one.beforeMs <= ms)?.afterMs ?? first.beforeMs)
    },
  }
}

function changesIn(part: Part): Change[] {
  if (part.name !== 'STANDARD' && part.name !== 'DAYLIGHT') return []
  const [start, from, to] = ['DTSTART', 'TZOFFSETFROM', 'TZOFFSETTO'].map((name) => propertyOf(part, name))
  if (start === undefined || from === undefined || to === undefined) throw new UnreadableEvent('unreadable')
  const [beforeMs, afterMs] = [offsetMsIn(from.value), offsetMsIn(to.value)]
  const startMs = timeOf(start).wallMs
  const starts = new Set([startMs])
  for (const property of propertiesOf(part, 'RDATE')) {
    for (const { wallMs, isUtc } of timesOf(property)) starts.add(isUtc ? wallMs + beforeMs : wallMs)
  }
  for (const { value } of propertiesOf(part, 'RRULE')) {
    const rule = ruleIn(value)
    const { until } = rule
    const last = until === null ? null : until.wallMs + (until.isUtc ? beforeMs : 0) + (until.isDay ? dayMs - 1 : 0)
    for (const ms of occurrencesOf(rule, { startMs, lastMs: last, fromMs: startMs, untilMs: lastMs })) {
      if (starts.size >= changesMax) throw new UnreadableEvent('unreadable')
      starts.add(ms)
    }
  }
  return [...starts].map((wallMs) => ({ wallMs, beforeMs, afterMs }))
}

function offsetMsIn(value: string): number {
  const [, sign, hours, minutes, seconds = 0] = /^([+-])(\d\d):?(\d\d)(\d\d)?$/.exec(value.trim()) ?? []
  if (sign === undefined) throw new UnreadableEvent('unreadable')
  return (sign === '-' ? -1000 : 1000) * ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds))
}
