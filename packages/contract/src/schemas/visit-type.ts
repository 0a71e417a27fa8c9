import {
  clinicSettings,
  lengths,
  visitApprovals,
  visitTypeBookers,
  visitTypeColors,
  visitTypeLimits,
} from '@holdfast/vocabulary'
import Type, { type Static, type TSchemaOptions, type TString } from 'typebox'
import { appointmentTypesSchema, moneySchema } from './doctor.ts'
import { externalIds, newExternalIds } from './external-id.ts'
import { id, integerWithin, name, nullable, nullableParagraph, nullableText, stale } from './fields.ts'
import { literals, nullableLiterals } from './literals.ts'
import { component } from './object.ts'
import { newVisitQuestionSchema, visitQuestionSchema } from './visit-question.ts'

type Limits = { readonly min: number; readonly max: number }

const nullableInteger = (limits: Limits, options: TSchemaOptions) =>
  nullable<number>({ type: 'integer', ...integerWithin(limits) }, options)

const integer = (limits: Limits, options: TSchemaOptions) => Type.Integer({ ...integerWithin(limits), ...options })

const { minutes, bufferMinutes, capacity, position, approvalMinutes } = visitTypeLimits
const { combinableMax, doctorsMax, parts, questionsMax, visitTypesMax } = visitTypeLimits
const fee = Type.Union([moneySchema, Type.Null()])

const orNotOfDoctor = { description: 'null: as the visit type says' }
const ofDoctor = {
  minutes: nullableInteger(minutes, orNotOfDoctor),
  bufferBeforeMinutes: nullableInteger(bufferMinutes, orNotOfDoctor),
  bufferAfterMinutes: nullableInteger(bufferMinutes, orNotOfDoctor),
  fee,
}

const doctorSchema = Type.Object(
  { doctorId: Type.String({ format: 'uuid' }), ...ofDoctor },
  { title: 'VisitTypeDoctor', description: 'Who offers it, and what is different there', additionalProperties: false },
)

const newDoctorSchema = component('NewVisitTypeDoctor', {
  doctorId: id(),
  ...Type.Partial(Type.Object(ofDoctor)).properties,
})

const orAsClinic = 'null: as the clinic’s settings say'

function namesOf(localName: TString, title: string) {
  const inLanguage = Type.Optional(localName)
  return Type.Object(
    { en: inLanguage, de: inLanguage, ar: inLanguage },
    { title, description: 'Its name for readers of these languages; others get `name`', additionalProperties: false },
  )
}

const preparation = { description: 'What patients have to do before the visit' }

const { roomsMax, devicesMax } = visitTypeLimits
const needs = component('VisitNeeds', {
  room: Type.Boolean({
    description: 'A visit takes a room: one of `roomIds`, or any of the clinic’s if there are none',
  }),
  roomIds: Type.Array(id(), { maxItems: roomsMax, uniqueItems: true, description: 'Empty without `room`' }),
  deviceIds: Type.Array(id(), {
    maxItems: devicesMax,
    uniqueItems: true,
    description: 'A visit takes a unit of each of these devices',
  }),
})

/** What requests and responses have alike; a request may leave it out. */
const shared = {
  bufferBeforeMinutes: integer(bufferMinutes, { description: 'How long the doctor stays taken before the visit' }),
  bufferAfterMinutes: integer(bufferMinutes, { description: 'How long the doctor stays taken after the visit' }),
  fee,
  appointmentTypes: appointmentTypesSchema,
  bookableBy: literals(visitTypeBookers, {
    title: 'VisitTypeBooker',
    description:
      '`known_patients`: patients whom the clinic has seen before; `desk`: only the clinic’s people, for patients',
  }),
  minimumNoticeMinutes: nullableInteger(clinicSettings.minimumNoticeMinutes, { description: orAsClinic }),
  bookingHorizonDays: nullableInteger(clinicSettings.bookingHorizonDays, { description: orAsClinic }),
  cancellationDeadlineMinutes: nullableInteger(clinicSettings.cancellationDeadlineMinutes, {
    description: orAsClinic,
  }),
  approval: literals(visitApprovals, {
    title: 'VisitApproval',
    description:
      'Whether the clinic has to agree to what patients book. `holding`: they send a request, which holds its time ' +
      'until the clinic answers, see `confirmBooking`. `not_holding`: the time stays free for others, until the ' +
      'clinic approves a request; one for several units of a group holds them. Bookings of the clinic’s people need ' +
      'no approval',
  }),
  approvalMinutes: integer(approvalMinutes, {
    description: 'How long the clinic has to answer a request, at most until the visit begins',
  }),
  capacity: integer(capacity, { description: 'Units of a visit; above 1, it is a group' }),
  color: nullableLiterals(visitTypeColors, { description: 'Its color in calendars' }),
  position: integer(position, { description: 'The place in lists, the smallest first, and then by name' }),
  needs,
  combinable: Type.Boolean({
    description:
      'It can be booked together with others, as one visit, see `combineVisitTypes`. ' +
      `Of a clinic, ${combinableMax} can be`,
  }),
  active: Type.Boolean({ description: 'false: nobody can book it; visit types are never deleted' }),
}

const length = integer(minutes, { description: 'How long a visit is' })

export const visitTypeSchema = component('VisitType', {
  id: Type.String({ format: 'uuid' }),
  clinicId: Type.String({ format: 'uuid' }),
  name: Type.String(),
  names: namesOf(Type.String(), 'VisitTypeNames'),
  minutes: length,
  preparation: nullableText(preparation),
  externalIds,
  ...shared,
  questions: Type.Array(visitQuestionSchema, { description: 'What patients are asked when they book it, in order' }),
  doctors: Type.Array(doctorSchema, {
    description: 'The doctors who offer it, also inactive ones; empty: all doctors of the clinic',
  }),
  partIds: Type.Optional(
    Type.Array(Type.String({ format: 'uuid' }), {
      description: 'It is a combination of these visit types (`combineVisitTypes`), in no order; absent: it is not',
    }),
  ),
})

export const combinationSchema = Type.Object(
  {
    visitTypeIds: Type.Array(id(), {
      minItems: parts.min,
      maxItems: parts.max,
      uniqueItems: true,
      description: 'In any order',
    }),
  },
  { title: 'Combination', additionalProperties: false },
)

export const visitTypeListSchema = component('VisitTypeList', {
  items: Type.Array(visitTypeSchema, { description: `At most ${visitTypesMax}` }),
  stale,
})

const required = { name: name(lengths.visitTypeName), minutes: length }

const changes = Type.Partial(
  Type.Object({
    names: namesOf(name(lengths.visitTypeName), 'NewVisitTypeNames'),
    preparation: nullableParagraph(lengths.preparation, preparation),
    externalIds: newExternalIds,
    ...shared,
    questions: Type.Array(newVisitQuestionSchema, {
      maxItems: questionsMax,
      description:
        'What patients are asked when they book it, in order. Answers that bookings have stay as they are, with the ' +
        'question as it was then',
    }),
    doctors: Type.Array(newDoctorSchema, {
      maxItems: doctorsMax,
      description: 'The doctors who offer it, with what is different there; empty: all doctors of the clinic',
    }),
    doctorIds: Type.Array(id(), {
      maxItems: doctorsMax,
      uniqueItems: true,
      description: 'In place of `doctors`, if nothing is different with any of them',
    }),
  }),
).properties

export const newVisitTypeSchema = component('NewVisitType', { ...required, ...changes })

export const visitTypeChangeSchema = Type.Object(
  { ...Type.Partial(Type.Object(required)).properties, ...changes },
  { title: 'VisitTypeChange', additionalProperties: false, minProperties: 1 },
)

export type VisitTypeChangeBody = Static<typeof visitTypeChangeSchema>
