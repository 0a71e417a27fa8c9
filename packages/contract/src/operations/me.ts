import Type from 'typebox'
import { meSchema, whoAmISchema } from '../schemas/account.ts'
import { bookingPageSchema, bookingStatusSchema } from '../schemas/booking.ts'
import { localDate, pageParameters } from '../schemas/fields.ts'
import { ownData } from './audit.ts'
import { operation } from './operation.ts'

export const meOperations = {
  getMe: operation({
    method: 'GET',
    url: '/api/v1/me',
    tag: 'Me',
    summary: 'Read my account and my roles',
    access: 'account',
    responses: { 200: { description: 'The account', schema: meSchema } },
    clinic: 'none',
    problems: [],
  }),
  whoAmI: operation({
    method: 'GET',
    url: '/api/v1/whoami',
    tag: 'Me',
    summary: 'Read who is signed in',
    description: 'As *Read my account and my roles*, but without an account the response is not an error.',
    access: 'anyone',
    responses: { 200: { description: 'The account, if there is one', schema: whoAmISchema } },
    clinic: 'none',
    problems: [],
  }),
  listMyBookings: operation({
    method: 'GET',
    url: '/api/v1/me/bookings',
    tag: 'Me',
    summary: 'List my bookings',
    description:
      'Bookings of this account. A booking without an account is not listed, even if its e-mail address is the same.',
    access: 'account',
    query: Type.Object(
      {
        status: Type.Optional(bookingStatusSchema),
        from: Type.Optional(localDate({ description: 'First day (UTC) of the slot’s start' })),
        to: Type.Optional(localDate({ description: 'Last day (UTC), inclusive' })),
        ...pageParameters,
      },
      { additionalProperties: false },
    ),
    responses: { 200: { description: 'A page of bookings', schema: bookingPageSchema } },
    clinic: 'none',
    audit: ownData,
    problems: [],
  }),
}
