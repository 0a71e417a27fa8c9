import { accountSections, personalSections, personContactsMax } from '@holdfast/vocabulary'
import Type, { type Static } from 'typebox'
import { comparedEmail, comparedPhone } from './erasure.ts'
import { id } from './fields.ts'
import { literals } from './literals.ts'

export const personSchema = Type.Object(
  {
    emails: Type.Optional(Type.Array(comparedEmail, { maxItems: personContactsMax })),
    phones: Type.Optional(Type.Array(comparedPhone, { maxItems: personContactsMax })),
    accountId: Type.Optional(id()),
    patientId: Type.Optional(
      id({
        description:
          'A patient’s record: what is linked to it, and what has one of its contacts, or of those that are sent, ' +
          'and is linked to no record',
      }),
    ),
  },
  { title: 'Person', additionalProperties: false },
)

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
  sections: Type.Array(
    Type.Object({ name: literals(personalSections), rows }, { title: 'PersonalSection', additionalProperties: false }),
    { description: 'All sections, also empty ones' },
  ),
  archivedMonths: Type.Array(Type.String(), {
    description: 'Months (YYYY-MM) whose bookings are in the operator’s archive files, and not in the document',
  }),
}

export const personalDataSchema = Type.Object(ofClinic, { title: 'PersonalData', additionalProperties: false })

export const accountDataSchema = Type.Object(
  {
    account: Type.Array(
      Type.Object({ name: literals(accountSections), rows }, { title: 'AccountSection', additionalProperties: false }),
    ),
    clinics: Type.Array(
      Type.Object(
        { clinicId: Type.String({ format: 'uuid' }), clinicName: Type.String(), ...ofClinic },
        { title: 'PersonalDataOfClinic', additionalProperties: false },
      ),
      { description: 'The clinics in which the account has bookings or waits for one' },
    ),
  },
  { title: 'AccountData', additionalProperties: false },
)

export type AccountDataBody = Static<typeof accountDataSchema>
