import type { SlotRule } from '@holdfast/contract/client'
import { addDays, daysBetween, mondayOf, parseDay } from '../../lib/local-time.ts'

/** `id` tells breaks apart while they are typed, and is not sent. */
export type BreakDraft = { id: number; startTime: string; endTime: string }

/** The form's fields as they are typed. */
export type SlotRuleDraft = {
  from: string
  to: string
  weekdays: number[]
  startTime: string
  endTime: string
  slotMinutes: number | string
  capacity: number | string
  breaks: BreakDraft[]
}

export type RuleField = keyof SlotRuleDraft

/** Next week, mornings and afternoons. */
export function firstDraft(today: string): SlotRuleDraft {
  const monday = addDays(mondayOf(today), 7)
  return {
    from: monday,
    to: addDays(monday, 6),
    weekdays: [1, 2, 3, 4, 5],
    startTime: '09:00',
    endTime: '17:00',
    slotMinutes: 15,
    capacity: 1,
    breaks: [{ id: 1, startTime: '12:00', endTime: '13:00' }],
  }
}

/** The rule, or the fields that must be mended before it is one. */
export function ruleOf(
  draft: SlotRuleDraft,
): { kind: 'rule'; rule: SlotRule } | { kind: 'wrong'; fields: RuleField[] } {
  const { from, to, weekdays, startTime, endTime, breaks } = draft
  const slotMinutes = Number(draft.slotMinutes)
  const capacity = Number(draft.capacity)
  const fields: RuleField[] = []
  if (parseDay(from) === null) fields.push('from')
  if (parseDay(to) === null || to < from || (parseDay(from) !== null && daysBetween(from, to) > 366)) fields.push('to')
  if (weekdays.length === 0) fields.push('weekdays')
  if (startTime === '') fields.push('startTime')
  if (endTime === '' || endTime <= startTime) fields.push('endTime')
  if (!isWithin(slotMinutes, 5, 1440)) fields.push('slotMinutes')
  if (!isWithin(capacity, 1, 1_000_000)) fields.push('capacity')
  if (breaks.some((one) => one.startTime === '' || one.endTime <= one.startTime)) fields.push('breaks')
  if (fields.length > 0) return { kind: 'wrong', fields }
  const sent = breaks.map((one) => ({ startTime: one.startTime, endTime: one.endTime }))
  const rule = { from, to, weekdays: weekdays.toSorted(), startTime, endTime, slotMinutes, capacity, breaks: sent }
  return { kind: 'rule', rule }
}

function isWithin(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max
}
