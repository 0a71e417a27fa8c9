import { bookingEventTypes, bookingStatuses, requestsCountedMax } from '@holdfast/vocabulary'
import Type, { type Static } from 'typebox'
import { nullable, nullableId, nullableText, nullableTime, pageOf } from './fields.ts'
import { literals, nullableLiterals } from './literals.ts'
import { component, object } from './object.ts'

const count = Type.Integer({ minimum: 0 })

const countsByStatus = Type.Object(
  Object.fromEntries(bookingStatuses.map((status) => [status, count])) as Record<
    (typeof bookingStatuses)[number],
    typeof count
  >,
  { title: 'BookingCounts', additionalProperties: false },
)

export const clinicStatsSchema = component('ClinicStats', {
  days: Type.Array(
    component('DayStats', {
      date: Type.String({ format: 'date' }),
      capacity: Type.Integer({ description: 'Total units of the day’s slots, and of the visits in open sessions' }),
      taken: Type.Integer(),
      openMinutes: Type.Integer({
        description:
          'Of slots their length for each unit; of open sessions what has no slot, case or closure and is not busy',
      }),
      takenMinutes: Type.Integer({ description: 'How many of these are booked or held' }),
      bookings: countsByStatus,
      lapsed: Type.Integer({ minimum: 0, description: 'Of those FAILED: holds that lapsed' }),
      released: Type.Integer({
        minimum: 0,
        description: 'Of those CANCELLED: holds that were released before they were confirmed',
      }),
    }),
  ),
  totals: countsByStatus,
  utilisation: nullable<number>(
    { type: 'number' },
    { description: 'Taken minutes as a fraction of the open ones, 0–1' },
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
})

export type ClinicStatsBody = Static<typeof clinicStatsSchema>

export const requestCountSchema = component('RequestCount', {
  waiting: Type.Integer({ minimum: 0, maximum: requestsCountedMax }),
  isMore: Type.Boolean({ description: `More than ${requestsCountedMax} wait` }),
  firstEndsAt: nullableTime({ description: 'When the first of them ends without an answer; null: none waits' }),
})

const caseDetailsSchema = component('CaseDetails', {
  allocations: Type.Optional(
    Type.Array(Type.Array(Type.Union([Type.String(), Type.Integer()])), {
      description: 'What the case takes from now on, as `[kind, resourceId, unit, from, to]`',
    }),
  ),
  override: Type.Optional(object({ rules: Type.Array(Type.String()), reason: Type.Optional(Type.String()) })),
  relieved: Type.Optional(
    Type.Object(
      {
        left: Type.Array(Type.String()),
        joined: Type.Array(Type.String()),
        changed: Type.Optional(
          Type.Array(object({ id: Type.String(), role: literals(['anaesthetist', 'staff']) }), {
            description: 'Who stays in another role. Events of older releases do not say it',
          }),
        ),
      },
      {
        additionalProperties: false,
        description: 'Who left the team of a running case, and who came, by ids. Nothing else changed',
      },
    ),
  ),
  afterwards: Type.Optional(
    Type.Literal(true, { description: 'The case was over by its plan when it was entered, or moved there' }),
  ),
  milestone: Type.Optional(Type.String()),
  at: Type.Optional(nullableTime({ description: 'Of the milestone; null: it was removed' })),
  forced: Type.Optional(
    Type.Literal(true, {
      description: 'The milestone was recorded, or removed, by `force` or `trial`: without them, it is refused',
    }),
  ),
  expectedEndsAt: Type.Optional(Type.String({ format: 'date-time' })),
})

const bookingEventSchema = component('BookingEvent', {
  position: Type.String({ description: 'Send it as `after` to continue' }),
  bookingId: Type.String({ format: 'uuid' }),
  version: Type.Integer(),
  at: Type.String({ format: 'date-time' }),
  type: literals(bookingEventTypes),
  statusAfter: nullableLiterals(bookingStatuses, {
    description:
      'linked, corrected, contact_corrected, consent_withdrawn, answers_corrected, reopened, erased, ' +
      'milestone, prolonged, and moved of a case whose patient has arrived: the booking’s status afterwards; ' +
      'null: the type implies it',
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
  caseDetails: Type.Union([caseDetailsSchema, Type.Null()], {
    description: 'What the event says of a case in an operating room; null: nothing, or it is an appointment',
  }),
})

export type BookingEventBody = Static<typeof bookingEventSchema>

export const bookingEventPageSchema = pageOf(bookingEventSchema, 'BookingEventPage', 'after')

export const bookingHistorySchema = component('BookingHistory', {
  items: Type.Array(
    component('BookingHistoryEntry', {
      event: bookingEventSchema,
      actorName: nullableText({
        description: 'The name of the account that did it; also null if the account was deleted',
      }),
      fromStartsAt: nullableTime({ description: 'moved: when the previous slot starts. Null for cases' }),
      startsAt: nullableTime({ description: 'moved: when the new slot starts. Null for cases' }),
      people: Type.Array(object({ id: Type.String(), name: Type.String() }), {
        description: 'The names of those whom `relieved` of the event has',
      }),
    }),
    { description: 'Every change, ordered by version' },
  ),
})

export type BookingHistoryBody = Static<typeof bookingHistorySchema>

export const proofSchema = component('Proof', {
  bookings: Type.Integer({ minimum: 0, description: 'Bookings that were confirmed and not cancelled' }),
  overbooked: Type.Integer({ minimum: 0, description: 'Slots with more booked units than their capacity' }),
  countedAt: Type.String({ format: 'date-time' }),
})

export const verifyReportSchema = component('VerifyReport', {
  slots: count,
  bookings: count,
  events: count,
  overbooked: Type.Integer({
    minimum: 0,
    description: 'Slots with more booked units than their capacity: must be 0',
  }),
  mismatches: Type.Integer({ minimum: 0, description: 'All discrepancies: must be 0' }),
  details: Type.Array(
    component('VerifyFinding', {
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
        'slot_differs',
        'older_booking',
        'key_without_booking',
        'key_differs',
        'token_without_booking',
        'copy_differs',
        'patient_differs',
        'receiver_differs',
        'allocations_differ',
        'allocation_overlap',
        'case_differs',
        'offer_differs',
        'message_missing',
        'message_without_event',
      ]),
      clinicId: Type.String({ format: 'uuid' }),
      slotId: nullableId(),
      bookingId: nullableId(),
      message: Type.String(),
    }),
    { maxItems: 100, description: 'The first discrepancies' },
  ),
})
