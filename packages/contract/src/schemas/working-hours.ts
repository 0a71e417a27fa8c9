import { slotLimits, visitTypeLimits, workingHoursLimits } from '@holdfast/vocabulary'
import Type from 'typebox'
import { bookingSchema } from './booking.ts'
import { flag, id, integerWithin, localDate, localEndTime, localTime } from './fields.ts'
import { component, object } from './object.ts'

const { bandsMax, everyWeeks, gridMinutes, slotMinutes, affectedMax, endNoticeDays } = workingHoursLimits

const weekdays = Type.Array(Type.Integer({ minimum: 1, maximum: 7 }), {
  minItems: 1,
  maxItems: 7,
  uniqueItems: true,
  description: 'The days on which it begins: Monday is 1, Sunday 7',
})
const from = localTime({ description: 'When it begins, in the clinic’s time zone' })
const to = localEndTime({ description: 'When it ends; if this is not after `from`, on the next day' })
const validFrom = localDate({ description: 'The first day' })
const validUntil = localDate({ description: 'The last day, inclusive. Absent: no end' })

const newBandSchema = component('NewWorkingBand', {
  weekdays,
  from,
  to,
  everyWeeks: Type.Optional(
    Type.Integer({
      ...integerWithin(everyWeeks),
      default: 1,
      description: 'Every n-th week; weeks begin on Mondays',
    }),
  ),
  inWeekOf: Type.Optional(
    localDate({
      description:
        'A day of one of these weeks, from which the others are counted. Default: `validFrom`. Send the one that ' +
        'was read to keep the weeks',
    }),
  ),
  gridMinutes: Type.Optional(
    Type.Integer({
      ...integerWithin(gridMinutes),
      description: 'It opens sessions in which visits begin every so many minutes. 10, if there are no `slotMinutes`',
    }),
  ),
  slotMinutes: Type.Optional(
    Type.Integer({
      ...integerWithin(slotMinutes),
      description: 'Instead: it creates slots of this length, one after the other',
    }),
  ),
  capacity: Type.Optional(
    Type.Integer({ minimum: 1, maximum: slotLimits.capacityMax, description: 'Units of each slot. Default 1' }),
  ),
  visitTypeIds: Type.Optional(
    Type.Array(id(), {
      minItems: 1,
      maxItems: visitTypeLimits.visitTypesMax,
      uniqueItems: true,
      description: 'Only these visit types are booked in its sessions. Absent: all that the doctor offers',
    }),
  ),
})

export const newWorkingHoursSchema = component('NewWorkingHours', {
  bands: Type.Array(newBandSchema, {
    maxItems: bandsMax,
    description: 'No two may overlap on a day. None: the doctor does not work from then on',
  }),
  validFrom,
  validUntil: Type.Optional(validUntil),
  version: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 2_147_483_647,
      description: 'Of the hours that were read. Absent: changes by others since then are replaced, too',
    }),
  ),
})

export const newWorkingHoursQuery = object({ dryRun: flag('Only reports what it would change') })

const nullableDay = (description: string) => Type.Union([Type.String({ format: 'date' }), Type.Null()], { description })

const orNull = (schema: Type.TSchema, description: string) => Type.Union([schema, Type.Null()], { description })

const bandSchema = component('WorkingBand', {
  weekdays,
  from,
  to,
  everyWeeks: Type.Integer(),
  inWeekOf: nullableDay('The Monday of the first of these weeks that is not over on `validFrom`; null: each week'),
  gridMinutes: orNull(Type.Integer(), 'null: it creates slots'),
  slotMinutes: orNull(Type.Integer(), 'null: it opens sessions'),
  capacity: orNull(Type.Integer(), 'Of each slot; null: it opens sessions'),
  visitTypeIds: orNull(
    Type.Array(Type.String({ format: 'uuid' })),
    'Of its sessions; null: all that the doctor offers',
  ),
})

const hoursFields = {
  versions: Type.Array(
    component('WorkingHoursVersion', {
      bands: Type.Array(bandSchema),
      validFrom,
      validUntil: nullableDay('The last day; null: no end'),
    }),
    { description: 'Those of today and later, by `validFrom`' },
  ),
  version: Type.Integer({ description: 'How often the hours were changed' }),
  filledUntil: nullableDay('The last day whose sessions and slots are as the hours say; null: none is yet'),
  runsOutOn: nullableDay(
    `The last day of work, if the hours end within ${endNoticeDays} days, or are over; null: they do not`,
  ),
}

export const workingHoursSchema = component('WorkingHours', hoursFields)

const counts = (description: string) =>
  Type.Object({ sessions: Type.Integer(), slots: Type.Integer() }, { additionalProperties: false, description })

const previewSchema = component('WorkingHoursPreview', {
  creates: counts('What is created up to the clinic’s booking horizon'),
  withdraws: counts('What former hours created, is empty, and is withdrawn'),
  keeps: counts('What former hours created and stays: the new ones have it too, or it has bookings and is within them'),
  conflicts: counts('What is not created, because a session, a slot or a case is in the way'),
  affected: Type.Array(bookingSchema, {
    maxItems: affectedMax,
    description: 'The first bookings that are not within the new hours. They stay until somebody moves or cancels them',
  }),
  affectedSlots: Type.Integer({ description: 'How many slots such bookings are in' }),
})

export const changedWorkingHoursSchema = component('ChangedWorkingHours', { ...hoursFields, preview: previewSchema })
