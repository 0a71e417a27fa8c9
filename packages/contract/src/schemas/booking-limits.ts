import { bookingLimitMax, slotLimits } from '@holdfast/vocabulary'
import Type from 'typebox'
import { bookingSchema } from './booking.ts'
import { literals } from './literals.ts'
import { component } from './object.ts'

const max = (description: string, maximum: number = bookingLimitMax) =>
  Type.Integer({ minimum: 1, maximum, description })

const limits = {
  guestUnitsMax: max('Units of one booking', slotLimits.capacityMax),
  addressHoldsMax: max(
    'Holds from one internet connection (IPv6: /56; a /48 has four times as many), of guests and of accounts each',
  ),
  addressBookingsMax: max('Holds and coming appointments from one internet connection, of guests and of accounts each'),
  accountHoldsMax: max('Holds of one account'),
  accountBookingsMax: max('Holds and coming appointments of one account'),
  contactHoldsMax: max(
    'Holds for one e-mail address or phone number, without its account, from one internet connection',
  ),
  contactBookingsMax: max(
    'Holds and coming appointments for one e-mail address or phone number from one internet connection',
  ),
}

export const bookingLimitsSchema = component('BookingLimits', limits)

export const bookingLimitsChangeSchema = Type.Partial(Type.Object(limits), {
  title: 'BookingLimitsChange',
  additionalProperties: false,
  minProperties: 1,
})

const bookingBurstSchema = component('BookingBurst', {
  id: Type.String({ format: 'uuid', description: 'A digest of what the bookings have in common' }),
  kind: literals(['address', 'network', 'account', 'contact'], {
    description: 'What the bookings have in common',
  }),
  bookings: Type.Integer({ description: 'Holds and coming appointments' }),
  guestBookings: Type.Integer({ description: 'Those of them that belong to no account, which can be cancelled' }),
  newAccountBookings: Type.Integer({
    description:
      'Those of them that can be cancelled as well: their accounts were created in the last hours, and have not ' +
      'confirmed their e-mail address',
  }),
  firstAt: Type.String({ format: 'date-time', description: 'When the first of them was created' }),
  lastAt: Type.String({ format: 'date-time' }),
})

export const bookingBurstsSchema = component('BookingBursts', { items: Type.Array(bookingBurstSchema) })

export const burstBookingsSchema = component('BurstBookings', {
  items: Type.Array(bookingSchema),
  remaining: Type.Boolean({ description: 'There are more than these' }),
})

export const cancelledBurstSchema = component('CancelledBurst', {
  cancelled: Type.Integer({ description: 'Bookings that are cancelled now' }),
  remaining: Type.Boolean({ description: 'There are more: send the request again' }),
})
