import Type, { type Static } from 'typebox'
import { bookingStatuses } from './booking.ts'
import { nullable, nullableId, nullableText, nullableTime, pageOf } from './fields.ts'
import { literals, nullableLiterals } from './literals.ts'

const count = Type.Integer({ minimum: 0 })

const ofEachStatus = Type.Object(
  Object.fromEntries(bookingStatuses.map((status) => [status, count])) as Record<
    (typeof bookingStatuses)[number],
    typeof count
  >,
  { title: 'BookingCounts', additionalProperties: false },
)

export const clinicStatsSchema = Type.Object(
  {
    days: Type.Array(
      Type.Object(
        {
          date: Type.String({ format: 'date' }),
          capacity: Type.Integer({ description: 'Units of the day’s slots' }),
          taken: Type.Integer(),
          bookings: ofEachStatus,
        },
        { title: 'DayStats', additionalProperties: false },
      ),
    ),
    totals: ofEachStatus,
    utilisation: nullable<number>({ type: 'number' }, { description: 'Taken of capacity, 0–1' }),
    lapseRate: nullable<number>({ type: 'number' }, { description: 'Holds that lapsed of all bookings, 0–1' }),
    noShowRate: nullable<number>({ type: 'number' }, { description: 'Of those that came or should have, 0–1' }),
    leadTimeHoursMedian: nullable<number>({ type: 'number' }, { description: 'From booking to the slot’s start' }),
  },
  { title: 'ClinicStats', additionalProperties: false },
)

export type ClinicStatsBody = Static<typeof clinicStatsSchema>

const bookingEventSchema = Type.Object(
  {
    position: Type.String({ description: 'Send it back as `after`' }),
    bookingId: Type.String({ format: 'uuid' }),
    version: Type.Integer(),
    at: Type.String({ format: 'date-time' }),
    type: literals([
      'held',
      'confirmed',
      'extended',
      'moved',
      'cancelled',
      'failed',
      'arrived',
      'completed',
      'no_show',
      'linked',
      'reopened',
    ]),
    statusAfter: nullableLiterals(bookingStatuses, {
      description: 'linked, reopened: what the booking is afterwards. null: the type says it',
    }),
    slotId: Type.String({ format: 'uuid' }),
    doctorId: Type.String({ format: 'uuid' }),
    units: Type.Integer(),
    holdExpiresAt: nullableTime(),
    fromSlotId: nullableId({ description: 'moved: where it was' }),
    reason: nullableText({ description: 'failed, and linked after it: why' }),
    actorId: nullableId({ description: 'The account that did it; null: the manage token’s holder, or the system' }),
  },
  { title: 'BookingEvent', additionalProperties: false },
)

export type BookingEventBody = Static<typeof bookingEventSchema>

export const bookingEventPageSchema = pageOf(bookingEventSchema, 'BookingEventPage')

export const bookingHistorySchema = Type.Object(
  {
    items: Type.Array(
      Type.Object(
        {
          event: bookingEventSchema,
          actorName: nullableText({ description: 'Of the account that did it; null also where it was deleted' }),
        },
        { title: 'BookingHistoryEntry', additionalProperties: false },
      ),
      { description: 'Every change, by version' },
    ),
  },
  { title: 'BookingHistory', additionalProperties: false },
)

export const verifyReportSchema = Type.Object(
  {
    slots: count,
    bookings: count,
    events: count,
    overbooked: Type.Integer({ minimum: 0, description: 'Slots with more units booked than they have: must be 0' }),
    mismatches: Type.Integer({ minimum: 0, description: 'Everything found wrong: must be 0' }),
    details: Type.Array(
      Type.Object(
        {
          kind: literals([
            'overbooked',
            'taken_differs',
            'event_missing',
            'event_gap',
            'illegal_transition',
            'state_differs',
            'orphaned_booking',
            'next_lapse_late',
          ]),
          clinicId: Type.String({ format: 'uuid' }),
          slotId: nullableId(),
          bookingId: nullableId(),
          message: Type.String(),
        },
        { title: 'VerifyFinding', additionalProperties: false },
      ),
      { maxItems: 100, description: 'The first of them' },
    ),
  },
  { title: 'VerifyReport', additionalProperties: false },
)
