import type { SlotRule } from '@holdfast/contract/client'
import { addDays, daysBetween, mondayOf, slotLimits } from '@holdfast/vocabulary'
import { parseDay } from '../../lib/time/local-time.ts'

/** `key` identifies a break while the form is open; it is not sent. */
export type BreakDraft = { key: string; startTime: string; endTime: string }

/** The values of the form's fields. Weekdays are '1' (Monday) to '7'. */
export type SlotRuleDraft = {
  from: string
  to: string
  weekdays: string[]
  startTime: string
  endTime: string
  slotMinutes: number | string
  capacity: number | string
  breaks: BreakDraft[]
}

/** Next week from Monday to Friday, mornings and afternoons. */
export function firstDraft(today: string): SlotRuleDraft {
  const monday = addDays(mondayOf(today), 7)
  return {
    from: monday,
    to: addDays(monday, 6),
    weekdays: ['1', '2', '3', '4', '5'],
    startTime: '09:00',
    endTime: '17:00',
    slotMinutes: 15,
    capacity: 1,
    breaks: [{ key: 'lunch', startTime: '12:00', endTime: '13:00' }],
  }
}

/** Some hours of one day, without breaks. */
export function hoursDraft(hours: { day: string; from: string; to: string }, slotMinutes: number): SlotRuleDraft {
  return {
    from: hours.day,
    to: hours.day,
    weekdays: ['1', '2', '3', '4', '5', '6', '7'],
    startTime: hours.from,
    endTime: hours.to,
    slotMinutes,
    capacity: 1,
    breaks: [],
  }
}

/** The limits of the form of a slot rule: the API's, but for days and breaks, of which it offers fewer. */
export const slotRuleLimits = {
  daysMax: 366,
  breaksMax: 10,
  slotMinutes: { min: slotLimits.slotMinutesMin, max: slotLimits.slotMinutesMax },
  capacity: { min: 1, max: slotLimits.capacityMax },
} as const

/** The fields that have to be corrected before the draft is a rule, as paths of the form: `to`, `breaks.0.endTime`. */
export function invalidFields(draft: SlotRuleDraft): string[] {
  const { from, to, weekdays, startTime, endTime, breaks } = draft
  const { daysMax } = slotRuleLimits
  const fields: string[] = []
  if (parseDay(from) === null) fields.push('from')
  if (parseDay(to) === null || to < from || (parseDay(from) !== null && daysBetween(from, to) > daysMax)) {
    fields.push('to')
  }
  if (weekdays.length === 0) fields.push('weekdays')
  if (startTime === '') fields.push('startTime')
  if (endTime === '' || endTime <= startTime) fields.push('endTime')
  if (!isWithin(draft.slotMinutes, slotRuleLimits.slotMinutes)) fields.push('slotMinutes')
  if (!isWithin(draft.capacity, slotRuleLimits.capacity)) fields.push('capacity')
  for (const [index, one] of breaks.entries()) {
    if (one.startTime === '' || one.endTime <= one.startTime) fields.push(`breaks.${index}.endTime`)
  }
  return fields
}

/** The rule of a draft without invalid fields. */
export function ruleOf({
  from,
  to,
  weekdays,
  startTime,
  endTime,
  slotMinutes,
  capacity,
  breaks,
}: SlotRuleDraft): SlotRule {
  return {
    from,
    to,
    weekdays: weekdays.map(Number).toSorted(),
    startTime,
    endTime,
    slotMinutes: Number(slotMinutes),
    capacity: Number(capacity),
    breaks: breaks.map((one) => ({ startTime: one.startTime, endTime: one.endTime })),
  }
}

function isWithin(value: number | string, { min, max }: { min: number; max: number }): boolean {
  return value !== '' && Number.isInteger(Number(value)) && Number(value) >= min && Number(value) <= max
}
