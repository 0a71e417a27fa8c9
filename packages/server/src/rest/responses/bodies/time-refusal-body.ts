import type { SeriesDateBody, TimeRefusalCode } from '@holdfast/contract'
import type {
  FreeTime,
  MoveOutcome,
  NearTimes,
  SettleOutcome,
  TimeClaimOutcome,
  TimeMoveOutcome,
} from '@holdfast/engine'
import { seriesLimits } from '@holdfast/vocabulary'
import { timeText } from './time-text.ts'

type AnyOutcome = TimeClaimOutcome | SettleOutcome | MoveOutcome | TimeMoveOutcome

/** An outcome by which a date is not booked, or a visit stays as it is. */
export type Unbooked =
  | Exclude<AnyOutcome, { kind: 'booked' | 'replayed' | 'done' | 'unchanged' }>
  /** Of several moves: they wait for each other. */
  | { kind: 'times_swapped' }

/** By the outcome. `invalid_transition` also stands for those that these changes do not have. */
const codes = {
  slot_full: 'slot_full',
  times_swapped: 'times_swapped',
  slot_closed: 'slot_closed',
  slot_missing: 'slot_not_found',
  units_over_capacity: 'slot_full',
  appointment_type_not_offered: 'appointment_type_not_offered',
  time_not_offered: 'time_not_offered',
  needs_taken: 'needs_taken',
  visit_type_missing: 'visit_type_not_found',
  visit_type_not_offered: 'visit_type_not_offered',
  visit_type_restricted: 'visit_type_restricted',
  session_missing: 'session_not_found',
  patient_booked: 'patient_booked',
  answer_refused: 'answer_refused',
  approval_required: 'approval_required',
  offer_open: 'offer_open',
  hold_expired: 'hold_expired',
  invalid_transition: 'invalid_transition',
  past_deadline: 'past_deadline',
  booking_missing: 'booking_not_found',
  booking_erased: 'booking_erased',
  booking_changed: 'overloaded',
  overloaded: 'overloaded',
  locked: 'locked',
  key_reused: 'invalid_transition',
  record_missing: 'invalid_transition',
  record_merged: 'invalid_transition',
  already_extended: 'invalid_transition',
  place_awaited: 'invalid_transition',
  patient_missing: 'invalid_transition',
  request_corrected: 'invalid_transition',
  already_requested: 'patient_booked',
  too_early: 'invalid_transition',
  booking_has_account: 'invalid_transition',
} as const satisfies Record<Unbooked['kind'], TimeRefusalCode>

type RefusalBody = Pick<SeriesDateBody, 'code' | 'closedBecause' | 'alternatives'>

/** Why a time cannot be had, and those near it. `refusal` null: it can. */
export function timeRefusalBody(startsAt: Date | null, near: NearTimes | null, refusal: Unbooked | null): RefusalBody {
  if (startsAt === null) return { code: 'time_skipped', closedBecause: null, alternatives: [] }
  if (refusal === null) return { code: null, closedBecause: null, alternatives: [] }
  const code = codes[refusal.kind]
  const closedBecause = refusal.kind === 'slot_closed' ? refusal.why : null
  return { code, closedBecause, alternatives: alternativesTo(startsAt, near) }
}

function alternativesTo(startsAt: Date, near: NearTimes | null): RefusalBody['alternatives'] {
  const others = near?.free.filter((one) => one.startsAt.getTime() !== startsAt.getTime()) ?? []
  return others.slice(0, seriesLimits.alternativesMax).map(alternativeBody)
}

function alternativeBody({ startsAt, endsAt }: FreeTime) {
  return { startsAt: timeText(startsAt), endsAt: timeText(endsAt) }
}
