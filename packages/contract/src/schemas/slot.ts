import { slotLimits } from '@holdfast/vocabulary'
import Type, { type Static } from 'typebox'
import { concernedCases } from './concerned-cases.ts'
import { localDate, localEndTime, localTime, nullableId, stale, time } from './fields.ts'
import { literals } from './literals.ts'
import { component } from './object.ts'

export const slotSchema = component('Slot', {
  id: Type.String({ format: 'uuid' }),
  doctorId: Type.String({ format: 'uuid' }),
  startsAt: Type.String({ format: 'date-time' }),
  endsAt: Type.String({ format: 'date-time' }),
  capacity: Type.Integer({ description: 'Total units' }),
  available: Type.Integer({ description: 'Units that are free now' }),
})

export type SlotBody = Static<typeof slotSchema>

export const slotListSchema = component('SlotList', {
  items: Type.Array(slotSchema),
  asOf: Type.String({ format: 'date-time', description: 'When this was read' }),
  stale,
})

const { slotMinutesMin, slotMinutesMax, capacityMax, breaksMax, slotsPerCallMax } = slotLimits

const anyCapacity = { minimum: 1, maximum: capacityMax, description: 'Units that can be booked' }
const capacity = Type.Integer({ ...anyCapacity, default: 1 })

export const slotChangeSchema = component('SlotChange', { capacity: Type.Integer(anyCapacity) })

const slotDraftSchema = component('SlotDraft', { startsAt: time(), endsAt: time(), capacity: Type.Optional(capacity) })

const breakSchema = component('Break', { startTime: localTime(), endTime: localEndTime() })

export const slotRuleSchema = Type.Object(
  {
    from: localDate({ description: 'First day, in the clinic’s time zone' }),
    to: localDate({ description: 'Last day, inclusive' }),
    weekdays: Type.Array(Type.Integer({ minimum: 1, maximum: 7 }), {
      minItems: 1,
      maxItems: 7,
      uniqueItems: true,
      description: 'Monday is 1, Sunday 7',
    }),
    startTime: localTime({ description: 'Start of the first slot of a day' }),
    endTime: localEndTime({ description: 'End of the last slot of a day at the latest' }),
    slotMinutes: Type.Optional(Type.Integer({ minimum: slotMinutesMin, maximum: slotMinutesMax, default: 15 })),
    breaks: Type.Optional(Type.Array(breakSchema, { maxItems: breaksMax })),
    capacity: Type.Optional(capacity),
  },
  {
    title: 'SlotRule',
    additionalProperties: false,
    description: 'A local time that does not exist on a day is skipped; of one that exists twice, the first is used.',
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

export const createdSlotsSchema = component('CreatedSlots', {
  created: Type.Integer(),
  skipped: Type.Integer({
    description: 'Slots that exist already with the same times, or that a rule places in the past',
  }),
  differing: Type.Integer({ description: 'Slots among the skipped ones that have another capacity, and keep it' }),
  inSessions: Type.Optional(
    Type.Integer({
      description:
        'Of a dry run: slots among the created ones that lie in an open session, and take time from its visits',
    }),
  ),
  conflicts: Type.Integer({
    description: 'Slots that were not created because they overlap another slot of the doctor',
  }),
  items: Type.Array(
    component('SlotOutcome', {
      startsAt: Type.String({ format: 'date-time' }),
      endsAt: Type.String({ format: 'date-time' }),
      capacity: Type.Integer({ description: 'As requested; for `capacity_differs` what the slot has' }),
      outcome: literals(['created', 'skipped', 'capacity_differs', 'conflict'], {
        description: '`capacity_differs`: skipped, and the slot that exists has another capacity',
      }),
      slotId: nullableId({ description: 'The created slot, or the one that exists or is in conflict' }),
    }),
  ),
})

export const withdrawnSlotsSchema = component('WithdrawnSlots', {
  slots: Type.Integer({ description: 'The number of withdrawn slots' }),
  sessions: Type.Optional(
    Type.Integer({ description: 'The number of open sessions that are closed at these times, wholly or in part' }),
  ),
  bookings: Type.Array(
    component('AffectedBooking', {
      id: Type.String({ format: 'uuid' }),
      slotId: Type.String({ format: 'uuid' }),
      startsAt: Type.String({ format: 'date-time' }),
      units: Type.Integer(),
      status: literals(['PENDING', 'CONFIRMED'], { description: 'The status before' }),
    }),
    { description: 'Bookings that became FAILED with `slot_withdrawn`, or would in a dry run' },
  ),
  ...concernedCases('Only in a dry run of days, if there are any'),
})
