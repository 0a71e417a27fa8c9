import Type from 'typebox'
import { meSchema, whoAmISchema } from '../schemas/account.ts'
import { bookingPageSchema, bookingStatusSchema } from '../schemas/booking.ts'
import { localDate, pageParameters } from '../schemas/fields.ts'
import { object } from '../schemas/object.ts'
import { accountDataSchema } from '../schemas/personal-data.ts'
import { ownData } from './audit.ts'
import { operation, operationTable } from './operation.ts'

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
})
