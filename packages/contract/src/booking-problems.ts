import { slotsToComeMax } from '@holdfast/vocabulary'
import Type from 'typebox'
import { type ProblemKind, saidFromMembers } from './problem-kind.ts'
import { bookingSchema } from './schemas/booking.ts'
import { seriesDatesSchema } from './schemas/booking-series.ts'
import { slotSchema } from './schemas/slot.ts'

const slotsToComeMaxText = slotsToComeMax.toLocaleString('en')

/** @param slots how many were counted; there may be more, and more of what was counted among them */
const orMore = (count: number, slots: number) => `${count}${slots < slotsToComeMax ? '' : ' or more'}`

const ofBooking = { booking: bookingSchema }

/** The problems of slots and of their bookings: a part of `problemKinds`. */
export const bookingProblemKinds = {
  slot_full: {
    status: 409,
    title: 'The slot does not have enough free units',
    help: 'Book one of `alternatives`, or fewer units.',
    members: {
      alternatives: Type.Array(slotSchema, { maxItems: 3, description: 'slots that have enough free units' }),
    },
    detail: 'The slot does not have this many units free.',
  },
  slot_closed: {
    status: 409,
    title: 'The slot cannot be booked',
    help:
      'It was withdrawn, has begun (for the clinic’s desk: has ended), is too soon or too far ahead, or its doctor ' +
      'is busy or takes no bookings: choose another.',
  },
  booking_series_not_found: {
    status: 404,
    title: 'There is no such series of visits',
    help: 'Check the id and the credentials: without access to one of its visits, it does not exist.',
  },
  series_not_free: {
    status: 409,
    title: 'Not all dates of the series are free',
    help:
      'See `dates`: send the request again with another Idempotency-Key, with `replacements` for those that are not ' +
      'free, or `without` them, or with `mode: "fitting"`.',
    members: { dates: seriesDatesSchema },
    detail: 'Nothing was booked, because not all of these dates are free.',
  },
  slot_has_bookings: saidFromMembers({
    status: 409,
    title: 'The slot has bookings',
    help: 'Move or cancel them first, or send `?withBookings=true`: they become FAILED with `slot_withdrawn`.',
    members: { bookings: Type.Integer({ description: 'the number of bookings' }) },
    detail: ({ bookings }) =>
      `${bookings === 1 ? '1 booking prevents' : `${bookings} bookings prevent`} the withdrawal.`,
  }),
  capacity_in_use: saidFromMembers({
    status: 409,
    title: 'More places of the slot are taken',
    help: 'Keep at least `takenUnits` units, or move or cancel bookings first. Holds that lapse give theirs back.',
    members: { takenUnits: Type.Integer({ description: 'the units that bookings and holds of the slot take' }) },
    detail: ({ takenUnits }) => `Bookings and holds take ${takenUnits} units of this slot.`,
  }),
  time_zone_in_use: saidFromMembers({
    status: 409,
    title: 'Slots of the clinic are not over',
    help:
      'With another time zone they begin at the same moment, which is another local time: 9:00 may become 10:00. See ' +
      '`slots` and `takenSlots`. Send `?withSlots=true` to change the time zone all the same.',
    members: {
      slots: Type.Integer({ description: `how many slots are not over, counted up to ${slotsToComeMaxText}` }),
      takenSlots: Type.Integer({ description: 'how many of `slots` have bookings or cases' }),
    },
    detail: ({ slots, takenSlots }) =>
      (slots === 1 ? '1 slot is' : `${orMore(slots, slots)} slots are`) +
      ` not over, ${orMore(takenSlots, slots)} of them with bookings or cases: ` +
      'another time zone changes their local times.',
  }),
  slot_in_past: {
    status: 409,
    title: 'The slot has already begun',
    help: 'Only slots that have not begun can be withdrawn.',
    detail: 'This slot has already begun; it cannot be withdrawn.',
  },
  hold_expired: saidFromMembers({
    status: 409,
    title: 'The hold has ended',
    help: 'Its units are free again. Create a new booking with a new Idempotency-Key.',
    members: ofBooking,
    detail: ({ booking }) => `The hold of booking ${booking.id} has ended, and its units are free again.`,
  }),
  too_many_bookings: {
    status: 409,
    title: 'Too many bookings from this address, account or contact',
    help:
      'The clinic limits holds, waiting requests and upcoming bookings per address, account and contact: confirm or ' +
      'cancel one, sign in, or contact the clinic.',
    members: { max: Type.Integer({ description: 'the limit of the clinic' }) },
  },
  invalid_transition: saidFromMembers({
    status: 409,
    title: 'The booking is not in a state that allows this',
    help: 'See `booking`, or `case`, for its state.',
    members: ofBooking,
    detail: ({ booking }) => `The booking is ${booking.status}, which does not allow this change.`,
  }),
  booking_not_over: {
    status: 409,
    title: 'The booking is not over',
    help: 'The appointment is upcoming or in progress. Cancel it first, or wait until it is over.',
    detail: 'This booking is to come or in progress: cancel it before its patient is erased.',
  },
  booking_erased: {
    status: 409,
    title: 'The patient of this booking was erased',
    help: 'The booking can no longer be changed.',
    detail: 'The patient of this booking was erased, and the booking does not change any more.',
  },
  already_extended: saidFromMembers({
    status: 409,
    title: 'The hold cannot be extended further',
    help: 'It has been extended as often as the clinic allows. Confirm it before it ends.',
    members: ofBooking,
    detail: ({ booking: { holdExpiresAt } }) =>
      `The clinic allows no further extension${holdExpiresAt ? `; it ends at ${holdExpiresAt}` : ''}.`,
  }),
  patient_booked: {
    status: 409,
    title: 'The patient has another appointment at this time',
    help:
      '`otherAppointment` names it. Choose another time, or send the request with `allowOverlap` instead of ' +
      '`refuseOverlap` to book this one as well.',
    detail: 'The patient has an appointment in this clinic at the same time.',
  },
  already_requested: {
    status: 409,
    title: 'This account or contact has asked for this time already',
    help: 'Wait for the clinic’s answer, withdraw that request, or ask for another time.',
    detail: 'A request of this account or contact for this time of the doctor waits for the clinic’s answer.',
    members: ofBooking,
  },
  place_awaited: saidFromMembers({
    status: 409,
    title: 'Somebody waits for this place',
    help: 'A hold is extended only once while somebody on the waitlist waits for its place. Confirm it before it ends.',
    members: ofBooking,
    detail: ({ booking }) => `Somebody on the waitlist waits for the place of booking ${booking.id}.`,
  }),
  offer_open: saidFromMembers({
    status: 409,
    title: 'The place is on offer',
    help: 'Accept the offer of the waitlist first: it holds this place only. After that, the booking can be moved.',
    members: ofBooking,
    detail: ({ booking }) => `Booking ${booking.id} is an offer of the waitlist, which has to be accepted first.`,
  }),
  approval_required: {
    status: 409,
    title: 'The clinic has to agree to this time',
    help: 'Cancel this one and request the other time, or ask the clinic to move it.',
    detail: 'A request is not moved, and a patient has to request a time at a visit type that needs approval.',
  },
  offer_accepted: saidFromMembers({
    status: 409,
    title: 'The offer was accepted',
    help: 'The patient has a booking. Correct that with `PATCH /bookings/{id}`: its entry is corrected with it.',
    members: ofBooking,
    detail: ({ booking }) => `The entry accepted booking ${booking.id}, whose patient is corrected instead.`,
  }),
  past_deadline: saidFromMembers({
    status: 409,
    title: 'It is too late for this',
    help: 'The clinic’s cancellation deadline has passed. Contact the clinic.',
    members: ofBooking,
    detail: ({ booking }) =>
      `The clinic’s deadline before the start (${booking.startsAt}) has passed: contact the clinic.`,
  }),
  booking_moved: saidFromMembers({
    status: 409,
    title: 'The booking is in another slot now',
    help: 'See `booking` for its new time. Ask the patient whether they come at that time, and send its `slotId`.',
    members: ofBooking,
    detail: ({ booking }) => `The booking was moved to ${booking.startsAt}.`,
  }),
  visit_begun: saidFromMembers({
    status: 409,
    title: 'The visit has begun',
    help: 'Whether a patient comes is confirmed before the visit. Staff mark who has arrived.',
    members: ofBooking,
    detail: ({ booking }) => `The visit began at ${booking.startsAt}.`,
  }),
  visit_over: saidFromMembers({
    status: 409,
    title: 'The visit is over',
    help: 'Answers are corrected until the end of the visit.',
    members: ofBooking,
    detail: ({ booking }) => `The visit ended at ${booking.endsAt}.`,
  }),
  booking_outdated: saidFromMembers({
    status: 409,
    title: 'The booking was changed meanwhile',
    help: 'See `booking`, and send its `version` with what is still to be changed.',
    members: ofBooking,
    detail: ({ booking }) => `The booking has version ${booking.version} now.`,
  }),
  too_early: saidFromMembers({
    status: 409,
    title: 'It is too early for this',
    help: 'Arrivals can be marked from the day of the slot, no-shows after its start.',
    members: ofBooking,
    detail: ({ booking }) => `The slot starts at ${booking.startsAt}: it is too early for this.`,
  }),
  booking_has_account: {
    status: 409,
    title: 'The booking belongs to another account',
    help: 'Sign in with that account.',
    detail: 'This booking belongs to another account.',
  },
} as const satisfies Record<string, ProblemKind>
