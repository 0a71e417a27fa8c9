import { accountSections, personalSections, personContactsMax } from '@holdfast/vocabulary'
import Type, { type Static } from 'typebox'
import { roleSchema } from './account.ts'
import { auditActorKindSchema, auditKindSchema } from './audit-event.ts'
import { comparedEmail, comparedPhone, otherRecordsSchema } from './erasure.ts'
import { id, pageOf } from './fields.ts'
import { literals } from './literals.ts'
import { component } from './object.ts'

export const personSchema = component('Person', {
  emails: Type.Optional(Type.Array(comparedEmail, { maxItems: personContactsMax })),
  phones: Type.Optional(Type.Array(comparedPhone, { maxItems: personContactsMax })),
  accountId: Type.Optional(id()),
  patientId: Type.Optional(
    id({
      description:
        'A patient’s record: what is linked to it, and what has one of the contacts that are sent and is linked to ' +
        'no record',
    }),
  ),
  withContactsOfRecord: Type.Optional(
    Type.Boolean({
      default: false,
      description: 'The contacts of the record are searched for, too: others may share them',
    }),
  ),
})

export type PersonBody = Static<typeof personSchema>

const rows = Type.Array(
  Type.Object(
    {},
    {
      title: 'PersonalRow',
      additionalProperties: true,
      description: 'Facts by the name of their field. A field of a later release may be new; times are in UTC',
    },
  ),
)

const ofClinic = {
  sections: Type.Array(component('PersonalSection', { name: literals(personalSections), rows }), {
    description: 'All sections, also empty ones',
  }),
  archivedMonths: Type.Array(Type.String(), {
    description: 'Months (YYYY-MM) whose bookings are in the operator’s archive files, and not in the document',
  }),
}

export const personalDataSchema = component('PersonalData', {
  ...ofClinic,
  patientIds: Type.Array(Type.String({ format: 'uuid' }), { description: 'The records in it' }),
  otherRecords: otherRecordsSchema,
})

export type PersonalDataBody = Static<typeof personalDataSchema>

export const accountDataSchema = component('AccountData', {
  account: Type.Array(component('AccountSection', { name: literals(accountSections), rows })),
  clinics: Type.Array(
    component('PersonalDataOfClinic', {
      clinicId: Type.String({ format: 'uuid' }),
      clinicName: Type.String(),
      ...ofClinic,
    }),
    { description: 'The clinics in which the account has bookings or waits for one' },
  ),
})

export type AccountDataBody = Static<typeof accountDataSchema>

const seenDataSchema = component('SeenData', {
  at: Type.String({ format: 'date-time', description: 'When it happened, or happened last' }),
  clinicId: Type.String({ format: 'uuid' }),
  clinicName: Type.String(),
  kind: auditKindSchema,
  details: Type.Array(Type.String(), {
    description: 'As in the clinic’s security log, such as *search* or *waitlist*',
  }),
  count: Type.Integer({ minimum: 1, description: 'How often, within 15 minutes' }),
  actorKind: auditActorKindSchema,
  role: Type.Union([roleSchema, Type.Null()], {
    description: 'Their role in the clinic now; null: they have none any more, or it was no member of it',
  }),
  appointments: Type.Array(
    component('SeenAppointment', {
      bookingId: Type.String({ format: 'uuid' }),
      startsAt: Type.String({ format: 'date-time' }),
      doctorName: Type.String(),
    }),
    { description: 'The account’s, at most 10; none and no entry: all that the clinic has of the account' },
  ),
  waitlistEntryIds: Type.Array(Type.String({ format: 'uuid' }), { description: 'The account’s, at most 10' }),
})

export type SeenDataBody = Static<typeof seenDataSchema>

export const seenDataPageSchema = pageOf(seenDataSchema, 'SeenDataPage')
