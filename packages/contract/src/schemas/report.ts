import Type, { type Static } from 'typebox'
import { bookingStatuses } from './booking.ts'
import { nullable, nullableId, nullableText, nullableTime, pageOf } from './fields.ts'
import { literals, nullableLiterals } from './literals.ts'

const count = Type.Integer({ minimum: 0 })

const countsByStatus = Type.Object(
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
          capacity: Type.Integer({ description: 'Total units of the day’s slots' }),
          taken: Type.Integer(),
          bookings: countsByStatus,
          lapsed: Type.Integer({ minimum: 0, description: 'Of those FAILED: holds that lapsed' }),
          released: Type.Integer({
            minimum: 0,
            description: 'Of those CANCELLED: holds that were released before they were confirmed',
          }),
        },
        { title: 'DayStats', additionalProperties: false },
      ),
    ),
    totals: countsByStatus,
    utilisation: nullable<number>(
      { type: 'number' },
      { description: 'Taken units as a fraction of the capacity, 0–1' },
    ),
    lapseRate: nullable<number>({ type: 'number' }, { description: 'Lapsed holds as a fraction of all bookings, 0–1' }),
    noShowRate: nullable<number>(
      { type: 'number' },
      { description: 'No-shows as a fraction of the appointments that were due, 0–1' },
    ),
    leadTimeHoursMedian: nullable<number>(
      { type: 'number' },
      { description: 'Median time from booking to the slot’s start, in hours' },
    ),
  },
  { title: 'ClinicStats', additionalProperties: false },
)

export type ClinicStatsBody = Static<typeof clinicStatsSchema>

const bookingEventSchema = Type.Object(
  {
    position: Type.String({ description: 'Send it as `after` to continue' }),
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
      'erased',
    ]),
    statusAfter: nullableLiterals(bookingStatuses, {
      description: 'linked, reopened, erased: the booking’s status afterwards; null: it follows from the type',
    }),
    slotId: Type.String({ format: 'uuid' }),
    doctorId: Type.String({ format: 'uuid' }),
    units: Type.Integer(),
    holdExpiresAt: nullableTime(),
    fromSlotId: nullableId({ description: 'moved: the previous slot' }),
    reason: nullableText({ description: 'failed, and linked or erased after that: why the booking failed' }),
    actorId: nullableId({
      description: 'The account that did it; null: the bearer of the manage token, the system, or an erased patient',
    }),
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
          actorName: nullableText({
            description: 'The name of the account that did it; also null if the account was deleted',
          }),
        },
        { title: 'BookingHistoryEntry', additionalProperties: false },
      ),
      { description: 'Every change, ordered by version' },
    ),
  },
  { title: 'BookingHistory', additionalProperties: false },
)

export const verifyReportSchema = Type.Object(
  {
    slots: count,
    bookings: count,
    events: count,
    overbooked: Type.Integer({
      minimum: 0,
      description: 'Slots with more booked units than their capacity: must be 0',
    }),
    mismatches: Type.Integer({ minimum: 0, description: 'All discrepancies: must be 0' }),
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
            'withdrawn_slot_booked',
            'key_without_booking',
          ]),
          clinicId: Type.String({ format: 'uuid' }),
          slotId: nullableId(),
          bookingId: nullableId(),
          message: Type.String(),
        },
        { title: 'VerifyFinding', additionalProperties: false },
      ),
      { maxItems: 100, description: 'The first discrepancies' },
    ),
  },
  { title: 'VerifyReport', additionalProperties: false },
)
