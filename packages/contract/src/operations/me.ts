import Type from 'typebox'
import { meSchema, whoAmISchema } from '../schemas/account.ts'
import {
  accountPersonChangeSchema,
  accountPersonListSchema,
  accountPersonSchema,
  newAccountPersonSchema,
} from '../schemas/account-person.ts'
import { bookingPageSchema, bookingStatusSchema } from '../schemas/booking.ts'
import { localDate, pageParameters } from '../schemas/fields.ts'
import { object } from '../schemas/object.ts'
import { accountDataSchema, seenDataPageSchema } from '../schemas/personal-data.ts'
import { ownData } from './audit.ts'
import { created, operation, operationTable } from './operation.ts'

const ownPeople = { none: 'changes only whom the account of whoever sends it books for' } as const

export const meOperations = operationTable('Me', {
  getMe: operation('GET /api/v1/me', {
    summary: 'Read my account and my roles',
    access: 'account',
    responses: { 200: { description: 'The account', schema: meSchema } },
    clinic: 'none',
  }),
  whoAmI: operation('GET /api/v1/whoami', {
    summary: 'Read who is signed in',
    description: 'As *Read my account and my roles*, but without an account the response is not an error.',
    access: 'anyone',
    responses: { 200: { description: 'The account, if there is one', schema: whoAmISchema } },
    clinic: 'none',
  }),
  listMyBookings: operation('GET /api/v1/me/bookings', {
    summary: 'List my bookings',
    description:
      'Bookings of this account. A booking without an account is not listed, even if its e-mail address is the same.',
    access: 'account',
    query: object({
      status: Type.Optional(bookingStatusSchema),
      from: Type.Optional(localDate({ description: 'First day (UTC) of the slot’s start' })),
      to: Type.Optional(localDate({ description: 'Last day (UTC), inclusive' })),
      ...pageParameters,
    }),
    responses: { 200: { description: 'A page of bookings', schema: bookingPageSchema } },
    clinic: 'none',
    audit: ownData,
  }),
  listMyPeople: operation('GET /api/v1/me/people', {
    summary: 'List the people I book for',
    description:
      'Besides the owner of the account, such as their children; the one that was added first is first. They fill in ' +
      'forms, and no more: a booking has its own copy of the name, and clinics see nobody in this list.',
    access: 'account',
    responses: { 200: { description: 'The people', schema: accountPersonListSchema } },
    clinic: 'none',
    audit: ownData,
  }),
  createMyPerson: operation('POST /api/v1/me/people', {
    summary: 'Add somebody I book for',
    access: 'account',
    body: newAccountPersonSchema,
    responses: created('The person', accountPersonSchema),
    clinic: 'none',
    retry: 'in the transaction',
    audit: ownPeople,
    example: { body: { name: 'Mia Lovelace', birthDate: '2019-04-03', relation: 'child' } },
    problems: ['too_many_people', 'person_not_found'],
  }),
  updateMyPerson: operation('PATCH /api/v1/me/people/{personId}', {
    summary: 'Correct somebody I book for',
    description: 'Omitted fields stay as they are. Bookings stay as they are, too: each has its own copy of the name.',
    access: 'account',
    body: accountPersonChangeSchema,
    responses: { 200: { description: 'The person as it is then', schema: accountPersonSchema } },
    clinic: 'none',
    retry: 'runs again',
    audit: ownPeople,
    example: { body: { name: 'Mia King' } },
  }),
  deleteMyPerson: operation('DELETE /api/v1/me/people/{personId}', {
    summary: 'Remove somebody I book for',
    description: 'Bookings for the person stay, and stay those of the account.',
    access: 'account',
    responses: { 204: { description: 'The person is removed' } },
    clinic: 'none',
    audit: ownPeople,
  }),
  getMyPersonalData: operation('GET /api/v1/me/personal-data', {
    summary: 'Read all that is stored about me',
    description:
      'The access of article 15 GDPR: the account, and what each clinic has of its bookings and waitlist entries, ' +
      'with who has read them. Records that a clinic has of its patients are no account’s: ask the clinic for them.',
    access: 'account',
    responses: { 200: { description: 'All that is stored', schema: accountDataSchema } },
    clinic: 'none',
    audit: ownData,
  }),
  listMyDataViews: operation('GET /api/v1/me/data-views', {
    summary: 'List who has seen my data',
    description:
      'Who of the clinics has opened, listed or exported this account’s appointments and waitlist entries, corrected ' +
      'their patient, sent a message again, ended a link, assigned an appointment to a record or removed it from ' +
      'one, or removed an entry: the latest first, as long as the security log is stored, with the time, the role ' +
      'that they have now, and what it was. No names. It has neither other changes, such as cancelling and moving, ' +
      'nor what the account itself did. Of more than 1,000 appointments, those of the newest.',
    access: 'account',
    query: object({ ...pageParameters }),
    responses: { 200: { description: 'A page of what was seen', schema: seenDataPageSchema } },
    clinic: 'none',
    audit: ownData,
  }),
})
