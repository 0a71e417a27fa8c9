import { lengths, openingHoursMax, theatreLimits, yearDaysMax } from '@holdfast/vocabulary'
import Type, { type Static } from 'typebox'
import { externalIds, newExternalIds } from './external-id.ts'
import {
  id,
  localDate,
  localEndTime,
  localTime,
  name,
  nullable,
  nullableId,
  nullableText,
  nullableTime,
  time,
} from './fields.ts'
import { literals } from './literals.ts'
import { component } from './object.ts'

const preferredMax = 20

const openingHoursSchema = component('OpeningHours', {
  weekday: Type.Integer({ minimum: 1, maximum: 7, description: 'Monday is 1, Sunday 7' }),
  from: localTime(),
  to: localEndTime(),
})

const hours = Type.Unsafe<Static<typeof openingHoursSchema>[] | null>({
  type: ['array', 'null'],
  items: openingHoursSchema,
  maxItems: openingHoursMax,
  description: 'Opening times in the clinic’s time zone; null: always open; none: never',
})

const roomFields = {
  name: name(lengths.name),
  site: nullable<string>({ type: 'string', minLength: 1, maxLength: lengths.name, pattern: '^[^\\p{Cc}\\p{Cs}]*$' }),
  turnoverMinutes: Type.Integer({
    minimum: 0,
    maximum: theatreLimits.turnoverMinutesMax,
    description:
      'How long the room stays taken after a case, for cleaning. It counts among a case’s minutes of a block',
  }),
  hours,
}

const active = Type.Boolean({ description: 'false: it takes no new cases; those that it has, stay' })

export const newRoomSchema = component('NewRoom', {
  name: roomFields.name,
  site: Type.Optional(roomFields.site),
  turnoverMinutes: Type.Optional(Type.Integer({ ...roomFields.turnoverMinutes, default: 0 })),
  hours: Type.Optional(hours),
  externalIds: newExternalIds,
})

export const roomChangeSchema = Type.Partial(Type.Object({ ...roomFields, externalIds: newExternalIds, active }), {
  title: 'RoomChange',
  additionalProperties: false,
  minProperties: 1,
})

export const roomSchema = component('Room', {
  id: Type.String({ format: 'uuid' }),
  name: Type.String(),
  site: nullableText(),
  turnoverMinutes: Type.Integer(),
  hours,
  externalIds,
  active,
})

const profession = literals(['surgeon', 'anaesthetist', 'nurse', 'technician'], { title: 'Profession' })

const staffFields = {
  name: name(lengths.name),
  profession,
  preferredEquipmentIds: Type.Array(id(), {
    maxItems: preferredMax,
    uniqueItems: true,
    description: 'Equipment that this person’s cases should have as surgeon',
  }),
}

export const newTheatreStaffSchema = Type.Object(
  {
    name: staffFields.name,
    profession,
    preferredEquipmentIds: Type.Optional(staffFields.preferredEquipmentIds),
    externalIds: newExternalIds,
  },
  {
    title: 'NewTheatreStaff',
    additionalProperties: false,
    description: 'Doctors of the clinic need no entry: a case can have them as its surgeon',
  },
)

export const theatreStaffChangeSchema = Type.Partial(
  Type.Object({ ...staffFields, externalIds: newExternalIds, active }),
  {
    title: 'TheatreStaffChange',
    additionalProperties: false,
    minProperties: 1,
  },
)

export const theatreStaffSchema = component('TheatreStaff', {
  id: Type.String({ format: 'uuid' }),
  name: Type.String(),
  profession,
  preferredEquipmentIds: Type.Array(Type.String({ format: 'uuid' })),
  externalIds,
  active,
})

export const theatreDoctorChangeSchema = component('TheatreDoctorChange', {
  preferredEquipmentIds: staffFields.preferredEquipmentIds,
})

export const theatreDoctorSchema = component('TheatreDoctor', {
  id: Type.String({ format: 'uuid' }),
  name: Type.String(),
  preferredEquipmentIds: Type.Array(Type.String({ format: 'uuid' })),
  active,
})

const equipmentFields = {
  name: name(lengths.name),
  units: Type.Integer({
    minimum: 1,
    maximum: theatreLimits.unitsMax,
    description: 'Identical pieces, numbered from 1',
  }),
  reprocessingMinutes: Type.Integer({
    minimum: 0,
    maximum: theatreLimits.reprocessingMinutesMax,
    description: 'How long a piece stays taken after a case',
  }),
}

export const newEquipmentSchema = component('NewEquipment', {
  name: equipmentFields.name,
  units: equipmentFields.units,
  reprocessingMinutes: Type.Optional(Type.Integer({ ...equipmentFields.reprocessingMinutes, default: 0 })),
  externalIds: newExternalIds,
})

export const equipmentChangeSchema = Type.Partial(
  Type.Object({ ...equipmentFields, externalIds: newExternalIds, active }),
  {
    title: 'EquipmentChange',
    additionalProperties: false,
    minProperties: 1,
  },
)

export const equipmentSchema = component('Equipment', {
  id: Type.String({ format: 'uuid' }),
  name: Type.String(),
  units: Type.Integer(),
  reprocessingMinutes: Type.Integer(),
  externalIds,
  active,
})

/** All of a clinic's: there are few, so the list has no pages. */
export const roomListSchema = listOf(roomSchema, 'RoomList')
export const theatreStaffListSchema = listOf(theatreStaffSchema, 'TheatreStaffList')
export const theatreDoctorListSchema = listOf(theatreDoctorSchema, 'TheatreDoctorList')
export const equipmentListSchema = listOf(equipmentSchema, 'EquipmentList')

function listOf<
  Item extends typeof roomSchema | typeof theatreStaffSchema | typeof theatreDoctorSchema | typeof equipmentSchema,
>(item: Item, title: string) {
  return component(title, { items: Type.Array(item, { description: 'By name' }) })
}

const minutes = Type.Integer({
  minimum: 1,
  maximum: theatreLimits.caseMinutesMax,
  description: 'Of cases with their turnover, in all; default: the length',
})

const releaseDays = Type.Integer({
  minimum: 0,
  maximum: 365,
  description: 'So many days before its start, the block is open to everybody',
})

const blockRuleSchema = component('BlockRule', {
  from: localDate({ description: 'First day, in the clinic’s time zone' }),
  to: localDate({ description: 'Last day, inclusive; at most two years' }),
  weekdays: Type.Array(Type.Integer({ minimum: 1, maximum: 7 }), {
    minItems: 1,
    maxItems: 7,
    uniqueItems: true,
    description: 'Monday is 1, Sunday 7',
  }),
  weeksOfMonth: Type.Optional(
    Type.Array(Type.Unsafe<number>({ type: 'integer', enum: [-1, 1, 2, 3, 4, 5] }), {
      minItems: 1,
      maxItems: 6,
      uniqueItems: true,
      description:
        'Only the first (1) to fifth (5), or the last (-1), of these weekdays in a month; default: every week',
    }),
  ),
  startTime: localTime(),
  endTime: localEndTime({ description: 'On the next day if it is before `startTime`' }),
  exceptDates: Type.Optional(
    Type.Array(localDate(), { maxItems: yearDaysMax, description: 'Holidays, and other days without the block' }),
  ),
})

const service = name(lengths.specialization)

export const newBlockSchema = Type.Object(
  {
    roomId: id(),
    service: Type.Optional(
      Type.String({
        ...service,
        description:
          'Whose block it is; with `surgeonId`: that surgeon’s cases of this service; with neither: everybody’s',
      }),
    ),
    surgeonId: Type.Optional(id()),
    from: Type.Optional(time({ description: 'Of a single block, with `to`' })),
    to: Type.Optional(time()),
    rule: Type.Optional(blockRuleSchema),
    minutes: Type.Optional(minutes),
    releaseDays: Type.Optional(releaseDays),
  },
  { title: 'NewBlock', additionalProperties: false, description: 'Either `from` and `to`, or `rule`.' },
)

export type NewBlockBody = Static<typeof newBlockSchema>

export const createdBlocksSchema = component('CreatedBlocks', {
  created: Type.Integer(),
  skipped: Type.Integer({
    description: 'Blocks that exist already with the same times, or that a rule places in the past',
  }),
  conflicts: Type.Integer({
    description: 'Blocks that were not created because they overlap another of the room, or a case of its open time',
  }),
  missingDates: Type.Array(localDate(), {
    description: 'Days of a rule that have no block: clocks are put forward then, and leave out the rule’s times',
  }),
  seriesId: nullableId({ description: 'Of the blocks of a rule that were created; null: none were' }),
  items: Type.Array(
    component('BlockOutcome', {
      from: Type.String({ format: 'date-time' }),
      to: Type.String({ format: 'date-time' }),
      minutes: Type.Integer({ description: 'At most the length of the block on that day' }),
      outcome: literals(['created', 'skipped', 'conflict']),
      blockId: nullableId({
        description:
          'The created block, the one that exists, or the block in conflict; null: a case is in conflict, or the ' +
          'block would be created (`dryRun`) or has begun',
      }),
      caseId: nullableId({
        description: 'The first case in conflict; null: no case is, or it has left the room since',
      }),
    }),
  ),
})

export const blockChangeSchema = component('BlockChange', {
  action: literals(['release', 'reclaim', 'take_over', 'resize'], {
    description:
      'release: opens it to everybody now; reclaim: undoes that; take_over: gives it to `service` or `surgeonId`, ' +
      'or to everybody with neither; resize: changes its `minutes`, not below what is used or above its length',
  }),
  service: Type.Optional(service),
  surgeonId: Type.Optional(id()),
  minutes: Type.Optional(minutes),
})

export type BlockChangeBody = Static<typeof blockChangeSchema>

export const blockSchema = component('Block', {
  id: Type.String({ format: 'uuid' }),
  roomId: Type.String({ format: 'uuid' }),
  service: nullableText({ description: 'Whose it is; with `surgeonId` null too: everybody’s' }),
  surgeonId: nullableId(),
  from: Type.String({ format: 'date-time' }),
  to: Type.String({ format: 'date-time' }),
  minutes: Type.Integer({ description: 'Of cases with their turnover, in all' }),
  usedMinutes: Type.Integer({
    description:
      'Of cases and the turnovers after them, without lapsed holds. More than `minutes` if emergencies, or cases ' +
      'that an admin allowed, exceed the plan',
  }),
  releaseDays: nullable<number>({ type: 'integer' }),
  releasedAt: nullableTime({ description: 'When it was, or will be, opened to everybody' }),
  isReleased: Type.Boolean(),
  seriesId: nullableId(),
  filling: Type.Union(
    [
      component('BlockFillingProgress', {
        examined: Type.Integer({ minimum: 0, description: 'Open requests that were looked at' }),
        booked: Type.Integer({ minimum: 0, description: 'Cases that were booked or held' }),
      }),
      Type.Null(),
    ],
    { description: 'How far the block is filled from the waitlist; null: nobody does it now' },
  ),
})

export type BlockBody = Static<typeof blockSchema>

export const blockListSchema = component('BlockList', {
  items: Type.Array(blockSchema, { description: 'By room and start' }),
})
