import type { ProblemCode } from '@holdfast/contract'
import type {
  AdmissionOutcome,
  AttendanceOutcome,
  BookingOrigin,
  ClaimOutcome,
  Directory,
  ErasureOutcome,
  Invitations,
  MoveOutcome,
  OnceResult,
  SetCapacityOutcome,
  SettleOutcome,
  SlotClosedWhy,
  WithdrawSlotsOutcome,
} from '@holdfast/engine'
import { slotsToComeMax } from '@holdfast/vocabulary'
import { type ProblemError, type ProblemExtras, problem } from '../../edge/errors/problem-error.ts'
import { maskAddress } from '../../messages/mask-address.ts'
import { bookingBody } from './bodies/booking-body.ts'

type AnyOutcome =
  | AdmissionOutcome
  | ClaimOutcome
  | SettleOutcome
  | MoveOutcome
  | AttendanceOutcome
  | SetCapacityOutcome
  | WithdrawSlotsOutcome
  | ErasureOutcome
  | OnceResult<unknown>
  | Exclude<Awaited<ReturnType<Directory['updateClinic']>>, { kind: 'clinic_missing' }>
  | Awaited<ReturnType<Directory['changeMember']>>
  | Awaited<ReturnType<Directory['removeMember']>>
  | Awaited<ReturnType<Invitations['create' | 'find' | 'accept' | 'revoke']>>

/** An outcome of the engine that becomes a problem. */
export type Refusal = Exclude<
  AnyOutcome,
  { kind: 'admitted' | 'booked' | 'replayed' | 'done' | 'unchanged' | 'withdrawn' | 'capacity_set' }
>

type RefusalOf<Kind extends Refusal['kind']> = Extract<Refusal, { kind: Kind }>

type Rule<Kind extends Refusal['kind']> = {
  code: ProblemCode
  detail(outcome: RefusalOf<Kind>): string
  extras?(outcome: RefusalOf<Kind>): ProblemExtras
}

const closedTexts = {
  withdrawn: 'The clinic has withdrawn this slot.',
  doctor_inactive: 'This doctor takes no bookings.',
  doctor_busy: 'The doctor is busy elsewhere at this time.',
  started: 'This slot has already begun.',
  ended: 'This slot has already ended.',
  minimum_notice: 'This slot starts too soon: the clinic needs more notice.',
  booking_horizon: 'This slot is further ahead than the clinic takes bookings.',
} as const satisfies Record<SlotClosedWhy, string>

const originTexts = {
  address: 'The clinic allows from one internet connection',
  network: 'The clinic allows from one network',
  account: 'The clinic allows an account',
  contact: 'The clinic allows from one internet connection, for one e-mail address or phone number,',
} as const satisfies Record<BookingOrigin['kind'], string>

const whatTexts = { holds: 'times held at once', bookings: 'coming appointments' } as const

const originAdvice = {
  address: 'Confirm or cancel one, or contact the clinic.',
  network: 'Confirm or cancel one, or contact the clinic.',
  account: 'Confirm or cancel one, or contact the clinic.',
  contact: 'Sign in with this e-mail address, or contact the clinic.',
} as const satisfies Record<BookingOrigin['kind'], string>

// What takes a query, such as the address of a video visit, is left out: callers that can wait for it add it.
const withBooking = (outcome: { booking: Parameters<typeof bookingBody>[0] }): ProblemExtras => ({
  booking: bookingBody(outcome.booking),
})

/** Every refusal of the engine and the problem that it becomes. The compiler checks that none is missing. */
const rules = {
  overloaded: {
    code: 'overloaded',
    detail: () => 'Too many bookings are waiting; this one was not attempted.',
    extras: ({ retryAfterSeconds }) => ({ retryAfterSeconds }),
  },
  locked: {
    code: 'locked',
    detail: () => 'Another change of the same time or booking has not ended; this one was not done.',
    extras: ({ retryAfterSeconds }) => ({ retryAfterSeconds }),
  },
  slot_full: { code: 'slot_full', detail: () => 'The slot does not have this many units free.' },
  slot_missing: { code: 'slot_not_found', detail: () => 'There is no such slot.' },
  slot_closed: { code: 'slot_closed', detail: ({ why }) => closedTexts[why] },
  units_over_capacity: {
    code: 'units_over_capacity',
    detail: ({ capacity }) => `The slot has ${capacity} units in total, fewer than requested.`,
    extras: ({ capacity }) => ({ capacity }),
  },
  appointment_type_not_offered: {
    code: 'appointment_type_not_offered',
    detail: () => 'The doctor of this slot does not offer this type of appointment.',
  },
  key_reused: {
    code: 'idempotency_key_reused',
    detail: () => 'This Idempotency-Key was used with another request.',
  },
  booking_missing: { code: 'booking_not_found', detail: () => 'There is no such booking.' },
  booking_erased: {
    code: 'booking_erased',
    detail: () => 'The patient of this booking was erased, and the booking does not change any more.',
  },
  booking_changed: {
    code: 'overloaded',
    detail: () => 'The booking was changed again and again at this moment; this was not done.',
    extras: () => ({ retryAfterSeconds: 1 }),
  },
  booking_not_over: {
    code: 'booking_not_over',
    detail: () => 'This booking is to come or in progress: cancel it before its patient is erased.',
  },
  hold_expired: {
    code: 'hold_expired',
    detail: ({ booking }) => `The hold of booking ${booking.id} has ended, and its units are free again.`,
    extras: withBooking,
  },
  invalid_transition: {
    code: 'invalid_transition',
    detail: ({ booking }) => `The booking is ${booking.status}, which does not allow this change.`,
    extras: withBooking,
  },
  already_extended: {
    code: 'already_extended',
    detail: ({ booking: { holdExpiresAt } }) =>
      `The clinic allows no further extension${holdExpiresAt ? `; it ends at ${holdExpiresAt.toISOString()}` : ''}.`,
    extras: withBooking,
  },
  place_awaited: {
    code: 'place_awaited',
    detail: ({ booking }) => `Somebody on the waitlist waits for the place of booking ${booking.id}.`,
    extras: withBooking,
  },
  patient_missing: {
    code: 'invalid_request',
    detail: () => 'The hold was created without a patient.',
    extras: () => ({ errors: [{ path: '/patient', message: 'is required: the hold was created without one' }] }),
  },
  patient_booked: {
    code: 'patient_booked',
    detail: () => 'The patient has an appointment in this clinic at the same time.',
  },
  offer_open: {
    code: 'offer_open',
    detail: ({ booking }) => `Booking ${booking.id} is an offer of the waitlist, which has to be accepted first.`,
    extras: withBooking,
  },
  past_deadline: {
    code: 'past_deadline',
    detail: ({ booking }) =>
      `The clinic’s deadline before the start (${booking.startsAt.toISOString()}) has passed: contact the clinic.`,
    extras: withBooking,
  },
  booking_moved: {
    code: 'booking_moved',
    detail: ({ booking }) => `The booking was moved to ${booking.startsAt.toISOString()}.`,
    extras: withBooking,
  },
  visit_begun: {
    code: 'visit_begun',
    detail: ({ booking }) => `The visit began at ${booking.startsAt.toISOString()}.`,
    extras: withBooking,
  },
  too_early: {
    code: 'too_early',
    detail: ({ booking }) => `The slot starts at ${booking.startsAt.toISOString()}: it is too early for this.`,
    extras: withBooking,
  },
  booking_has_account: {
    code: 'booking_has_account',
    detail: () => 'This booking belongs to another account.',
  },
  slot_in_past: { code: 'slot_in_past', detail: () => 'This slot has already begun; it cannot be withdrawn.' },
  capacity_in_use: {
    code: 'capacity_in_use',
    detail: ({ taken }) => `Bookings and holds take ${taken} units of this slot.`,
    extras: ({ taken }) => ({ takenUnits: taken }),
  },
  slot_has_bookings: {
    code: 'slot_has_bookings',
    detail: ({ bookings }) =>
      `${bookings === 1 ? '1 booking prevents' : `${bookings} bookings prevent`} the withdrawal.`,
    extras: ({ bookings }) => ({ bookings }),
  },
  time_zone_in_use: {
    code: 'time_zone_in_use',
    detail: ({ slots, takenSlots }) =>
      `${slots === 1 ? '1 slot is' : `${slots}${slots < slotsToComeMax ? '' : ' or more'} slots are`} not over, ` +
      `${takenSlots} of them with bookings or cases: another time zone changes their local times.`,
    extras: ({ slots, takenSlots }) => ({ slots, takenSlots }),
  },
  withdrawal_too_large: {
    code: 'invalid_request',
    detail: ({ slotsMax, bookingsMax }) =>
      `These days have more than ${slotsMax} slots or ${bookingsMax} bookings: withdraw fewer days at a time.`,
  },
  doctor_missing: { code: 'doctor_not_found', detail: () => 'There is no such doctor in this clinic.' },
  too_many_units: {
    code: 'too_many_units',
    detail: ({ max }) => `At most ${max} units can be booked at once here. Contact the clinic for more.`,
    extras: ({ max }) => ({ max }),
  },
  too_many_bookings: {
    code: 'too_many_bookings',
    detail: ({ of, what, max }) => `${originTexts[of]} at most ${max} ${whatTexts[what]}. ${originAdvice[of]}`,
    extras: ({ max }) => ({ max }),
  },
  member_missing: { code: 'member_not_found', detail: () => 'This account is not a member of the clinic.' },
  invitation_missing: { code: 'invitation_not_found', detail: () => 'There is no such invitation.' },
  invitation_expired: { code: 'invitation_expired', detail: () => 'The invitation was not accepted within 72 hours.' },
  invitation_used: { code: 'invitation_used', detail: () => 'Another account has accepted this invitation.' },
  already_member: {
    code: 'already_member',
    detail: ({ role }) => `This account has the role ${role} in this clinic already.`,
  },
  too_many_invitations: {
    code: 'too_many_invitations',
    detail: ({ max }) => `The clinic has ${max} open invitations, which is the most.`,
  },
  invited_too_often: {
    code: 'invited_too_often',
    detail: ({ max }) => `This address has had ${max} invitations of the clinic in a day, which is the most.`,
  },
  other_address: {
    code: 'invitation_for_other_address',
    detail: ({ email }) => `The invitation is for ${maskAddress(email)}, which this account has not confirmed.`,
  },
  not_admin: { code: 'forbidden', detail: () => 'Only admins of the clinic can manage its members.' },
  last_admin: { code: 'last_admin', detail: () => 'This account is the only admin of the clinic.' },
} satisfies { [Kind in Refusal['kind']]: Rule<Kind> }

/** The problem that an outcome becomes. */
export function refusalProblem<Kind extends Refusal['kind']>(
  outcome: RefusalOf<Kind>,
  extras: ProblemExtras = {},
): ProblemError {
  // Each kind has the rule for its outcome (checked above), but the compiler cannot infer that from the index.
  const rule = rules[outcome.kind] as unknown as Rule<Kind>
  return problem(rule.code, rule.detail(outcome), { ...rule.extras?.(outcome), ...extras })
}
