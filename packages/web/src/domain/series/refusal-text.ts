import type { SeriesDate } from '@holdfast/contract/client'

const named = [
  'slot_full',
  'slot_closed',
  'time_not_offered',
  'needs_taken',
  'patient_booked',
  'time_skipped',
  'times_swapped',
  'past_deadline',
  'offer_open',
  'answer_refused',
  'approval_required',
  'visit_type_not_offered',
  'hold_expired',
] as const

/** The key of the text in `'series'` that says why a date is not booked, or a visit is not changed. */
export function reasonKey(code: SeriesDate['code']) {
  const reason = named.find((one) => one === code) ?? 'other'
  return `reason.${reason}` as const
}
