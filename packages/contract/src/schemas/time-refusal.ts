import { seriesLimits, slotClosedReasons } from '@holdfast/vocabulary'
import Type from 'typebox'
import { nullableLiterals } from './literals.ts'
import { component } from './object.ts'

/** Why a time that is wanted cannot be had. */
const refusalCodes = [
  'slot_full',
  'slot_closed',
  'time_not_offered',
  'needs_taken',
  'visit_type_not_offered',
  'visit_type_not_found',
  'visit_type_restricted',
  'session_not_found',
  'slot_not_found',
  'appointment_type_not_offered',
  'patient_booked',
  'time_skipped',
  'times_swapped',
  'hold_expired',
  'invalid_transition',
  'past_deadline',
  'offer_open',
  'approval_required',
  'answer_refused',
  'booking_not_found',
  'booking_erased',
  'overloaded',
  'locked',
] as const

export type TimeRefusalCode = (typeof refusalCodes)[number]

/** Of a date of a series, or of a move: why not, and which times are free near it. */
export const timeRefusal = {
  code: nullableLiterals(refusalCodes, {
    description:
      'Why not, as the code of a problem. `time_skipped`: the clocks go forward then, and there is no such time. ' +
      '`times_swapped`: of several moves, each needs the time of another one that cannot leave before it, as when ' +
      'two swap their times; move one of them to a free time first. ' +
      'null: there is no reason why not',
  }),
  closedBecause: nullableLiterals(slotClosedReasons, { description: 'With `slot_closed`' }),
  alternatives: Type.Array(
    component('SeriesAlternative', {
      startsAt: Type.String({ format: 'date-time' }),
      endsAt: Type.String({ format: 'date-time' }),
    }),
    { maxItems: seriesLimits.alternativesMax, description: 'Free times near it, the nearest first, if it is not free' },
  ),
}
