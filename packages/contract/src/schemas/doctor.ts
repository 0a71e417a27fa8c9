import { appointmentTypes, doctorLimits, lengths } from '@holdfast/vocabulary'
import Type, { type Static } from 'typebox'
import { externalIds, newExternalIds } from './external-id.ts'
import { cachedPageOf, id, languageTag, name, nullable, nullableTime, stale } from './fields.ts'
import { literals } from './literals.ts'
import { component } from './object.ts'

export const moneySchema = component('Money', {
  amount: Type.Integer({
    minimum: 0,
    maximum: 1_000_000_000,
    description: 'In the currency’s minor unit (cents)',
  }),
  currency: Type.String({
    pattern: '^[A-Z]{3}$',
    'x-expected': 'an ISO 4217 code like EUR',
    description: 'ISO 4217',
    examples: ['EUR'],
  }),
})

export const appointmentTypeSchema = literals(appointmentTypes, { title: 'AppointmentType' })

export const appointmentTypesSchema = Type.Array(appointmentTypeSchema, {
  minItems: 1,
  maxItems: 2,
  uniqueItems: true,
})

const nextSlotSchema = component('NextSlot', {
  id: Type.String({ format: 'uuid' }),
  startsAt: Type.String({ format: 'date-time' }),
  endsAt: Type.String({ format: 'date-time' }),
})

const localNamesSchema = Type.Union(
  [component('LocalNames', { en: Type.String(), de: Type.String(), ar: Type.String() }), Type.Null()],
  { description: 'The specialization in each language of the site; null: it is not a known one' },
)

export const doctorSchema = component('Doctor', {
  id: Type.String({ format: 'uuid' }),
  clinicId: Type.String({ format: 'uuid' }),
  name: Type.String(),
  specialization: Type.String({ description: 'As the clinic wrote it' }),
  specializationNames: localNamesSchema,
  experienceYears: nullable<number>({ type: 'integer' }),
  rating: nullable<number>({ type: 'number' }, { description: '0–5, one decimal' }),
  languages: Type.Array(Type.String(), { description: 'BCP 47' }),
  fee: Type.Union([moneySchema, Type.Null()]),
  appointmentTypes: Type.Array(appointmentTypeSchema),
  externalIds,
  active: Type.Boolean({
    description: 'false: the doctor takes no bookings, and is in no public list or search',
  }),
  hasOpenSessions: Type.Boolean({
    description: 'Visit types are booked in open sessions that have not ended: see `listTimes`',
  }),
  nextAvailableAt: nullableTime({
    description: 'Start of the first slot that can be booked now; null: there is none',
  }),
  nextSlots: Type.Array(nextSlotSchema, { description: 'The first slots that can be booked now, at most three' }),
})

export type DoctorBody = Static<typeof doctorSchema>

export const doctorPageSchema = cachedPageOf(doctorSchema, 'DoctorPage')

const fields = {
  name: name(lengths.name),
  specialization: name(lengths.specialization),
  experienceYears: nullable<number>({ type: 'integer', minimum: 0, maximum: doctorLimits.experienceYearsMax }),
  rating: nullable<number>({ type: 'number', minimum: 0, maximum: 5, multipleOf: 0.1 }),
  languages: Type.Array(languageTag(), { maxItems: 20, uniqueItems: true, description: 'BCP 47 tags' }),
  fee: Type.Union([moneySchema, Type.Null()]),
  appointmentTypes: appointmentTypesSchema,
}

export const newDoctorSchema = component('NewDoctor', {
  clinicId: id(),
  name: fields.name,
  specialization: fields.specialization,
  experienceYears: Type.Optional(fields.experienceYears),
  rating: Type.Optional(fields.rating),
  languages: Type.Optional(fields.languages),
  fee: Type.Optional(fields.fee),
  appointmentTypes: Type.Optional(fields.appointmentTypes),
  externalIds: newExternalIds,
})

export const doctorChangeSchema = Type.Object(
  {
    name: Type.Optional(fields.name),
    specialization: Type.Optional(fields.specialization),
    experienceYears: Type.Optional(fields.experienceYears),
    rating: Type.Optional(fields.rating),
    languages: Type.Optional(fields.languages),
    fee: Type.Optional(fields.fee),
    appointmentTypes: Type.Optional(fields.appointmentTypes),
    externalIds: newExternalIds,
    active: Type.Optional(Type.Boolean({ description: 'false: deactivates the doctor; doctors are never deleted' })),
  },
  { title: 'DoctorChange', additionalProperties: false, minProperties: 1 },
)

export const videoRoomSchema = component('VideoRoom', {
  url: nullable<string>(
    {
      type: 'string',
      maxLength: 500,
      pattern: '^https://[!-~]+$',
      'x-expected': 'an address that begins with https:// and has no spaces; other letters percent-encoded',
    },
    {
      description:
        'The address of the doctor’s video visits; null: none. `{room}`, at most once and after the host, becomes ' +
        'a unique, unguessable name per booking; without it all visits share one room.',
      examples: ['https://meet.example.org/{room}'],
    },
  ),
})

export const specializationListSchema = component('SpecializationList', {
  items: Type.Array(
    component('Specialization', {
      name: Type.String({ description: 'As the clinics wrote it' }),
      names: localNamesSchema,
      doctors: Type.Integer({ description: 'How many active doctors' }),
    }),
  ),
  stale,
})
