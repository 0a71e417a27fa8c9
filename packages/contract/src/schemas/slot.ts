import Type, { type Static } from 'typebox'
import { slotLimits } from '../slot-limits.ts'
import { localDate, localEndTime, localTime, nullableId, stale, time } from './fields.ts'
import { literals } from './literals.ts'

export const slotSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    doctorId: Type.String({ format: 'uuid' }),
    startsAt: Type.String({ format: 'date-time' }),
    endsAt: Type.String({ format: 'date-time' }),
    capacity: Type.Integer({ description: 'Units in all' }),
    available: Type.Integer({ description: 'Units nobody holds now' }),
  },
  { title: 'Slot', additionalProperties: false },
)

export type SlotBody = Static<typeof slotSchema>

export const slotListSchema = Type.Object(
  {
    items: Type.Array(slotSchema),
    asOf: Type.String({ format: 'date-time', description: 'When this was true' }),
    stale,
  },
  { title: 'SlotList', additionalProperties: false },
)

const { slotMinutesMin, slotMinutesMax, capacityMax, breaksMax, slotsPerCallMax } = slotLimits

const capacity = Type.Integer({
  minimum: 1,
  maximum: capacityMax,
  default: 1,
  description: 'Units that can be booked',
})

const slotDraftSchema = Type.Object(
  { startsAt: time(), endsAt: time(), capacity: Type.Optional(capacity) },
  { title: 'SlotDraft', additionalProperties: false },
)

const breakSchema = Type.Object(
  { startTime: localTime(), endTime: localEndTime() },
  { title: 'Break', additionalProperties: false },
)

export const slotRuleSchema = Type.Object(
  {
    from: localDate({ description: 'First day, in the clinic’s zone' }),
    to: localDate({ description: 'Last day, included' }),
    weekdays: Type.Array(Type.Integer({ minimum: 1, maximum: 7 }), {
      minItems: 1,
      maxItems: 7,
      uniqueItems: true,
      description: 'Monday is 1, Sunday 7',
    }),
    startTime: localTime({ description: 'Of the first slot of a day' }),
    endTime: localEndTime({ description: 'The last slot ends by then' }),
    slotMinutes: Type.Optional(Type.Integer({ minimum: slotMinutesMin, maximum: slotMinutesMax, default: 15 })),
    breaks: Type.Optional(Type.Array(breakSchema, { maxItems: breaksMax })),
    capacity: Type.Optional(capacity),
  },
  {
    title: 'SlotRule',
    additionalProperties: false,
    description: 'A local time that doesn’t exist on a day is skipped; one that exists twice means the first.',
  },
)

export type SlotRuleBody = Static<typeof slotRuleSchema>

export const newSlotsSchema = Type.Object(
  {
    slots: Type.Optional(Type.Array(slotDraftSchema, { minItems: 1, maxItems: slotsPerCallMax })),
    rule: Type.Optional(slotRuleSchema),
  },
  { title: 'NewSlots', additionalProperties: false, description: 'Either `slots` or `rule`.' },
)

export const createdSlotsSchema = Type.Object(
  {
    created: Type.Integer(),
    skipped: Type.Integer({ description: 'They exist already with the very same times, or a rule’s lie in the past' }),
    conflicts: Type.Integer({ description: 'They overlap another slot of the doctor and were not made' }),
    items: Type.Array(
      Type.Object(
        {
          startsAt: Type.String({ format: 'date-time' }),
          endsAt: Type.String({ format: 'date-time' }),
          capacity: Type.Integer(),
          outcome: literals(['created', 'skipped', 'conflict']),
          slotId: nullableId({ description: 'The slot made, or the one in the way' }),
        },
        { title: 'SlotOutcome', additionalProperties: false },
      ),
    ),
  },
  { title: 'CreatedSlots', additionalProperties: false },
)

export const withdrawnSlotsSchema = Type.Object(
  {
    slots: Type.Integer({ description: 'How many were withdrawn' }),
    bookings: Type.Array(
      Type.Object(
        {
          id: Type.String({ format: 'uuid' }),
          slotId: Type.String({ format: 'uuid' }),
          startsAt: Type.String({ format: 'date-time' }),
          units: Type.Integer(),
          status: literals(['PENDING', 'CONFIRMED'], { description: 'What it was before' }),
        },
        { title: 'AffectedBooking', additionalProperties: false },
      ),
      { description: 'Those that became FAILED with `slot_withdrawn`, or would' },
    ),
  },
  { title: 'WithdrawnSlots', additionalProperties: false },
)
