import { lengths } from '@holdfast/vocabulary'
import Type, { type Static } from 'typebox'
import { email, id, line } from './fields.ts'
import { component } from './object.ts'

export const comparedEmail = email({ description: 'Compared without upper and lower case' })
export const comparedPhone = line(lengths.phone, {
  description:
    'Compared in its international form, where numbers without a country’s code are of `phoneCountry` in the ' +
    'clinic’s message settings; a number that cannot be read so, by its digits',
})

export const patientToEraseSchema = component('PatientToErase', {
  email: Type.Optional(comparedEmail),
  phone: Type.Optional(comparedPhone),
  accountId: Type.Optional(id()),
})

export const otherRecordsSchema = Type.Object(
  {
    count: Type.Integer({ minimum: 0 }),
    records: Type.Array(
      component('OtherRecord', {
        patientId: Type.String({ format: 'uuid' }),
        recordNumber: Type.Union([Type.String(), Type.Null()]),
      }),
      { maxItems: 100, description: 'The first 100' },
    ),
  },
  {
    title: 'OtherRecords',
    additionalProperties: false,
    description:
      'Other records that may be of the same person: with one of the contacts, or the name and the date of birth. ' +
      'They are neither in a document nor erased: somebody has to look whether they are of relatives',
  },
)

export type PatientToEraseBody = Static<typeof patientToEraseSchema>

export const erasedPatientSchema = component('ErasedPatient', {
  erased: Type.Integer({ minimum: 0, description: 'Bookings erased by this request' }),
  notOver: Type.Object(
    {
      count: Type.Integer({ minimum: 0 }),
      bookingIds: Type.Array(Type.String({ format: 'uuid' }), { maxItems: 100, description: 'The first 100' }),
    },
    { additionalProperties: false, description: 'Bookings to come or in progress, which keep their data' },
  ),
  recordsLeft: Type.Object(
    {
      count: Type.Integer({ minimum: 0 }),
      patientIds: Type.Array(Type.String({ format: 'uuid' }), { maxItems: 100, description: 'The first 100' }),
    },
    {
      additionalProperties: false,
      description:
        'Records of patients that keep their data: a booking, case or request of theirs is not over, or they were ' +
        'linked to one of these bookings and have another contact. A repetition no longer names the latter: their ' +
        'links are removed with the bookings',
    },
  ),
  guardianOf: Type.Integer({
    minimum: 0,
    description: 'From how many other patients’ records the person was removed as a guardian. The records stay',
  }),
})
