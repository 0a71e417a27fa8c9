import { lengths, listedDaysMax, waivedRules } from '@holdfast/vocabulary'
import Type, { type Static } from 'typebox'
import {
  code,
  id,
  idOrNull,
  line,
  localDate,
  nullable,
  nullableId,
  nullableParagraph,
  nullableText,
  pageOf,
  paragraph,
} from './fields.ts'
import { literals } from './literals.ts'
import { component } from './object.ts'
import {
  caseMinutes,
  equipmentNeeds,
  newProcedureSchema,
  newTheatrePatientSchema,
  procedureSchema,
  service,
  staffIds,
  theatrePatientSchema,
  urgencySchema,
} from './theatre-case.ts'

const suggestionsMax = 50
const roomsMax = 100

export const newCaseRequestSchema = component('NewCaseRequest', {
  patient: newTheatrePatientSchema,
  service,
  procedure: newProcedureSchema,
  minutes: caseMinutes,
  urgency: Type.Optional(urgencySchema),
  dueOn: Type.Optional(localDate({ description: 'The last day on which it should take place' })),
  roomId: Type.Optional(id({ description: 'Default: any room' })),
  surgeonId: Type.Optional(id({ description: 'Default: for doctors themselves, for others not decided yet' })),
  anaesthetistId: Type.Optional(id()),
  staffIds: Type.Optional(staffIds),
  equipment: Type.Optional(equipmentNeeds),
  note: Type.Optional(paragraph(lengths.reason)),
})

export const caseRequestChangeSchema = component('CaseRequestChange', {
  version: Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: 'Of the request that was read' }),
  service: Type.Optional(service),
  procedure: Type.Optional(newProcedureSchema),
  minutes: Type.Optional(caseMinutes),
  urgency: Type.Optional(urgencySchema),
  dueOn: Type.Optional(
    nullable<string>({ ...localDate() }, { description: 'The last day on which it should take place; null: none' }),
  ),
  roomId: Type.Optional(idOrNull({ description: 'null: any room' })),
  surgeonId: Type.Optional(idOrNull({ description: 'null: not decided yet. Doctors name only themselves' })),
  anaesthetistId: Type.Optional(idOrNull()),
  staffIds: Type.Optional(staffIds),
  equipment: Type.Optional(equipmentNeeds),
  note: Type.Optional(nullableParagraph(lengths.reason)),
})

/** scheduled: it has a case that is neither FAILED nor CANCELLED; when that changes, it is open again. */
export const caseRequestStatusSchema = literals(['open', 'scheduled', 'withdrawn'], { title: 'CaseRequestStatus' })

export const caseRequestSchema = component('CaseRequest', {
  id: Type.String({ format: 'uuid' }),
  status: caseRequestStatusSchema,
  patient: Type.Union([theatrePatientSchema, Type.Null()], { description: 'null: erased' }),
  service: Type.String(),
  procedure: procedureSchema,
  minutes: Type.Integer(),
  urgency: urgencySchema,
  dueOn: nullable<string>({
    type: 'string',
    format: 'date',
    description:
      'The last day on which it should take place. At the latest the day that its case lost, if that was bumped or ' +
      'its block was withdrawn',
  }),
  roomId: nullableId({ description: 'null: any room' }),
  surgeonId: nullableId({ description: 'null: not decided yet' }),
  anaesthetistId: nullableId(),
  staffIds: Type.Array(Type.String({ format: 'uuid' })),
  equipment: Type.Array(
    component('CaseEquipment', { equipmentId: Type.String({ format: 'uuid' }), units: Type.Integer() }),
  ),
  note: nullableText(),
  caseId: nullableId({ description: 'The case that fulfils it, or fulfilled it last' }),
  bumpedCaseId: nullableId({ description: 'The case that gave way to an emergency' }),
  bumpReason: nullableText(),
  createdAt: Type.String({ format: 'date-time' }),
  version: Type.Integer({ description: 'The number of changes of what is requested, from 1' }),
})

export type CaseRequestBody = Static<typeof caseRequestSchema>

/** Sorted by urgency, due day and time of the request. */
export const caseRequestListSchema = pageOf(caseRequestSchema, 'CaseRequestList')

const needsSchema = component('CaseNeeds', {
  minutes: caseMinutes,
  service,
  urgency: Type.Optional(urgencySchema),
  surgeonId: id(),
  anaesthetistId: Type.Optional(id()),
  staffIds: Type.Optional(staffIds),
  equipment: Type.Optional(equipmentNeeds),
  mrn: Type.Optional(code(lengths.code, { description: 'Of the patient, who may have other cases' })),
})

export const suggestionQuerySchema = Type.Object(
  {
    requestId: Type.Optional(id({ description: 'A request of the waitlist' })),
    surgeonId: Type.Optional(id({ description: 'Together with `requestId`, if that has no surgeon yet' })),
    caseId: Type.Optional(id({ description: 'A case that would be moved' })),
    needs: Type.Optional(needsSchema),
    roomIds: Type.Optional(
      Type.Array(id(), {
        minItems: 1,
        maxItems: roomsMax,
        uniqueItems: true,
        description: 'Default: the room that the request needs, or all that take new cases',
      }),
    ),
    from: localDate({ description: 'First day, in the clinic’s time zone' }),
    to: localDate({ description: `Last day, inclusive; at most ${listedDaysMax} days in all` }),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: suggestionsMax, default: 10 })),
    stepMinutes: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 60, default: 5, description: 'Starts are multiples of it from midnight' }),
    ),
  },
  { title: 'SuggestionQuery', additionalProperties: false, description: 'One of `requestId`, `caseId`, `needs`.' },
)

export type SuggestionQueryBody = Static<typeof suggestionQuerySchema>

export const suggestionsSchema = component('Suggestions', {
  suggestions: Type.Array(
    component('Suggestion', {
      roomId: Type.String({ format: 'uuid' }),
      startsAt: Type.String({ format: 'date-time' }),
      endsAt: Type.String({ format: 'date-time' }),
      blockId: nullableId({ description: 'null: in the room’s open time' }),
      isOwnBlock: Type.Boolean({ description: 'The block belongs to the service or the surgeon' }),
      waivedRules: Type.Array(literals(waivedRules), {
        description:
          'What it breaks of opening times, blocks and absences, to which an urgent or immediate case need not keep',
      }),
    }),
    {
      description:
        'Times at which nothing prevents the case: first those in its own blocks, then the others, each by start ' +
        'and room. Of an urgent or immediate case, all by start, and about half of them may break rules ' +
        '(`waivedRules`). Half are the first ones of stretches; later starts of these follow, an hour apart, then ' +
        'the first ones of other stretches, and then those whose turnover reaches into a block of others',
    },
  ),
  refusals: Type.Array(
    component('DayRefusal', {
      day: Type.String({ format: 'date' }),
      reasons: Type.Array(Type.String(), { description: 'The `code` of conflicts, the most frequent first' }),
      busy: Type.Array(
        component('BusyResource', { resourceId: Type.String({ format: 'uuid' }), name: nullableText() }),
      ),
    }),
    { description: 'Days without a suggestion, and what prevents the case there' },
  ),
  searchedUntil: nullable<string>(
    { type: 'string', format: 'date' },
    {
      description:
        'The search stopped on this day, because there was too much to check: search again from it. null: it did not',
    },
  ),
})

export const durationEstimateSchema = component('DurationEstimate', {
  cases: Type.Integer({ description: 'Completed cases that it is from' }),
  surgeonId: nullableId({ description: 'Whose cases; null: all surgeons’, if this one has fewer than five' }),
  medianMinutes: nullable<number>({ type: 'number' }, { description: 'From in_room to out_of_room; null: no cases' }),
  p80Minutes: nullable<number>({ type: 'number' }, { description: 'Four of five took at most as long' }),
})

export const theatrePatientToEraseSchema = component('TheatrePatientToErase', { mrn: line(lengths.code) })
