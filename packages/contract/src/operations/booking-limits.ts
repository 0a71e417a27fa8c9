import Type from 'typebox'
import {
  bookingBurstsSchema,
  bookingLimitsChangeSchema,
  bookingLimitsSchema,
  burstBookingsSchema,
  cancelledBurstSchema,
} from '../schemas/booking-limits.ts'
import { component, object } from '../schemas/object.ts'
import { operation, operationTable } from './operation.ts'

const hours = Type.Integer({
  minimum: 1,
  maximum: 720,
  default: 24,
  description: 'Only bookings of the last hours; bookings are counted by origin for 30 days',
})

export const bookingLimitsOperations = operationTable('Booking limits', {
  getBookingLimits: operation('GET /api/v1/clinics/{clinicId}/booking-limits', {
    summary: 'Read how much people may book at once',
    access: 'admin',
    scope: 'admin',
    responses: { 200: { description: 'The limits', schema: bookingLimitsSchema } },
  }),
  updateBookingLimits: operation('PATCH /api/v1/clinics/{clinicId}/booking-limits', {
    summary: 'Change how much people may book at once',
    description: 'They bind guests and accounts that book for themselves, not the clinic’s people.',
    access: 'admin',
    scope: 'admin',
    body: bookingLimitsChangeSchema,
    responses: { 200: { description: 'The changed limits', schema: bookingLimitsSchema } },
    audit: { kind: 'limits_changed', fields: true },
    example: { body: { guestUnitsMax: 4 } },
  }),
  listBookingBursts: operation('GET /api/v1/clinics/{clinicId}/booking-bursts', {
    summary: 'List origins of many bookings',
    description: 'Internet connections, networks, accounts and contacts with many live bookings, the largest first.',
    access: 'admin',
    scope: 'admin',
    query: object({ hours, bookingsMin: Type.Integer({ minimum: 2, maximum: 1_000, default: 5 }) }),
    responses: { 200: { description: 'At most 100 origins', schema: bookingBurstsSchema } },
  }),
  listBurstBookings: operation('GET /api/v1/clinics/{clinicId}/booking-bursts/{burstId}/bookings', {
    summary: 'List the bookings of one origin',
    description: 'The first 100 of those that `cancel` would cancel, the oldest first.',
    access: 'admin',
    scope: 'admin',
    query: object({ hours }),
    responses: { 200: { description: 'The bookings', schema: burstBookingsSchema } },
    audit: { kind: 'bookings_read', details: ['burst'] },
  }),
  cancelBookingBurst: operation('POST /api/v1/clinics/{clinicId}/booking-bursts/{burstId}/cancel', {
    summary: 'Cancel the bookings of one origin',
    description:
      'Cancels up to 500 live bookings of the last hours: those of guests, and of accounts that were created in the ' +
      'same hours and have not confirmed their e-mail address. Repeat it while there are more. Bookings of other ' +
      'accounts stay: patients may share a connection with whoever filled the calendar.',
    access: 'admin',
    scope: 'admin',
    body: component('BurstCancellation', { hours }),
    bodyOptional: true,
    responses: { 200: { description: 'How many were cancelled', schema: cancelledBurstSchema } },
    audit: { kind: 'burst_cancelled', subject: 'burstId' },
    example: { body: { hours: 24 } },
  }),
})
