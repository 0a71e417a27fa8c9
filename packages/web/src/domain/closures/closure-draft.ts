import type { Closure, NewClosure } from '@holdfast/contract/client'
import { addDays, isClosureTooLong } from '@holdfast/vocabulary'

/**
 * What is entered for a closure. `doctorId` and `resourceId` are empty for the whole clinic; the times count if
 * `isWhole` is false.
 */
export type ClosureDraft = {
  doctorId: string
  /** A room or device. */
  resourceId: string
  isWhole: boolean
  from: string
  to: string
  fromTime: string
  toTime: string
  yearly: boolean
  note: string
}

export function newDraft(today: string, doctorId: string): ClosureDraft {
  const time = { from: today, to: today, fromTime: '08:00', toTime: '18:00' }
  return { doctorId, resourceId: '', isWhole: true, ...time, yearly: false, note: '' }
}

export function draftOf({ doctorId, resourceId, from, to, yearly, note }: Closure): ClosureDraft {
  const isWhole = !from.includes('T')
  return {
    doctorId: doctorId ?? '',
    resourceId: resourceId ?? '',
    isWhole,
    from: from.slice(0, 10),
    to: to.slice(0, 10),
    fromTime: isWhole ? '08:00' : from.slice(11),
    toTime: isWhole ? '18:00' : to.slice(11),
    yearly,
    note: note ?? '',
  }
}

/** null: the draft is no closure. */
export function requestOf(draft: ClosureDraft): NewClosure | null {
  const { doctorId, resourceId, isWhole, fromTime, toTime, yearly, note } = draft
  const to = yearly ? draft.from : draft.to
  const isTimed = !isWhole && !yearly
  if (draft.from === '' || to === '' || (isTimed && (fromTime === '' || toTime === ''))) return null
  const from = isTimed ? `${draft.from}T${fromTime}` : draft.from
  const end = isTimed ? `${to}T${toTime}` : to
  if (isTimed ? end <= from : end < from) return null
  if (isClosureTooLong(from, isTimed ? end : addDays(end, 1))) return null
  return {
    from,
    to: end,
    yearly,
    note: note.trim() === '' ? null : note.trim(),
    ...(doctorId === '' ? {} : { doctorId }),
    ...(resourceId === '' ? {} : { resourceId }),
  }
}
