import { lengths, messageLanguages, slotLimits, waitlistUrgencies } from '@holdfast/vocabulary'
import Type, { type Static } from 'typebox'
import {
  bookedPatientSchema,
  bookedSinceSchema,
  bookingSchema,
  patientCorrectionSchema,
  patientSchema,
} from './booking.ts'
import {
  email,
  id,
  line,
  localDate,
  localEndTime,
  localTime,
  nullable,
  nullableId,
  nullableText,
  nullableTime,
  pageOf,
} from './fields.ts'
import { literals, nullableLiterals } from './literals.ts'
import { component } from './object.ts'

const waitlistUrgencySchema = literals(waitlistUrgencies, { title: 'WaitlistUrgency' })

/**
 * waiting: next when a place that fits becomes free; offered: has an open offer; accepted: confirmed one; ended: see
 * `endReason`.
 */
const waitlistStatuses = ['waiting', 'offered', 'accepted', 'ended'] as const
const waitlistStatusSchema = literals(waitlistStatuses, { title: 'WaitlistStatus' })

export const waitlistListStatusSchema = literals(['open', ...waitlistStatuses], {
  description: 'open: waiting or offered',
})

export const waitedVisitTypeId = () =>
  id({ description: 'For visits of this type in open sessions. Default: for places of fixed slots' })

const weekday = Type.Integer({ minimum: 1, maximum: 7 })

export const newWaitlistEntrySchema = Type.Object(
  {
    clinicId: id(),
    doctorId: Type.Optional(id({ description: 'This doctor; or else `specialization`' })),
    specialization: Type.Optional(line(lengths.specialization, { description: 'Any doctor of the clinic with it' })),
    visitTypeId: Type.Optional(waitedVisitTypeId()),
    from: localDate({ description: 'The first day, in the clinic’s time zone' }),
    to: localDate({ description: 'The last day, included; at most a year later' }),
    weekdays: Type.Optional(
      Type.Array(weekday, {
        minItems: 1,
        maxItems: 7,
        uniqueItems: true,
        description: '1 (Monday) to 7. Default: any',
      }),
    ),
    timeFrom: Type.Optional(localTime({ description: 'The visit begins at this local time or later' })),
    timeTo: Type.Optional(localEndTime({ description: 'The visit begins before this local time' })),
    units: Type.Optional(Type.Integer({ minimum: 1, maximum: slotLimits.capacityMax, default: 1 })),
    patient: patientSchema,
    onBehalf: Type.Optional(
      Type.Boolean({
        default: false,
        description: 'For admins and staff of the clinic: the entry does not belong to the account that adds it',
      }),
    ),
    urgency: Type.Optional(waitlistUrgencySchema),
  },
  {
    title: 'NewWaitlistEntry',
    additionalProperties: false,
    description: 'One of `doctorId` and `specialization`. `urgency` is allowed together with `onBehalf`.',
  },
)

export type NewWaitlistEntryBody = Static<typeof newWaitlistEntrySchema>

const entryProperties = {
  id: Type.String({ format: 'uuid' }),
  clinicId: Type.String({ format: 'uuid' }),
  doctorId: nullableId({ description: 'null: any doctor with the specialization' }),
  specialization: nullableText(),
  visitTypeId: nullableId({ description: 'null: for places of fixed slots' }),
  from: Type.String({ format: 'date' }),
  to: Type.String({ format: 'date' }),
  weekdays: Type.Union([Type.Array(Type.Integer()), Type.Null()]),
  timeFrom: nullableText(),
  timeTo: nullableText(),
  units: Type.Integer(),
  urgency: waitlistUrgencySchema,
  status: waitlistStatusSchema,
  endReason: nullableLiterals(['accepted', 'left', 'removed', 'unanswered', 'expired'], {
    description: 'unanswered: three offers were missed; expired: the last day is past',
  }),
  paused: Type.Boolean({
    description:
      'true: the doctor, or all doctors with the specialization, take no bookings at present. The entry keeps its ' +
      'place, and goes on when one of them does.',
  }),
  position: nullable<number>(
    { type: 'integer' },
    { description: 'From 1, among all who could be offered a place before; null: it is not waiting' },
  ),
  missedOffers: Type.Integer({
    description: 'Offers that lapsed without a response, although a message about them was sent or may have arrived',
  }),
  offeredUntil: nullableTime({ description: 'When the open offer ends; null: there is none' }),
  offerNotified: nullable<boolean>(
    { type: 'boolean' },
    {
      description: 'Whether a message about the open offer was sent, or may have arrived; null: there is no open offer',
    },
  ),
  patient: bookedPatientSchema,
  joinedAt: Type.String({ format: 'date-time' }),
  addedBy: nullableText({
    description:
      'For members of the clinic: the name of the member who added the entry. null: the patient joined, or the ' +
      'account was deleted',
  }),
  endedAt: nullable<string>({ type: 'string', format: 'date-time' }),
}

export const waitlistEntrySchema = Type.Object(entryProperties, {
  title: 'WaitlistEntry',
  additionalProperties: false,
})

export type WaitlistEntryBody = Static<typeof waitlistEntrySchema>

export const entryCorrectionSchema = Type.Object(
  { patient: patientCorrectionSchema },
  { title: 'WaitlistEntryCorrection', additionalProperties: false, description: 'Omitted fields stay as they are.' },
)

const hasFreeTimes = Type.Boolean({
  description:
    'true: it is waiting, and patients can book a time that fits it. As long as there is one, nothing that becomes ' +
    'free is held for the entry.',
})

const hasDeskTimes = Type.Boolean({
  description:
    'true: it is waiting, and the clinic’s people can book a time that fits it, and none that patients can book: it ' +
    'is within the minimum notice, beyond the booking horizon, or not for patients because of its units',
})

const bookedSince = Type.Union([bookedSinceSchema, Type.Null()], {
  description:
    'The first appointment that the same person has got since joining, within the days of a waiting entry, with ' +
    'the doctor or with one who has the specialization: nobody has to call them, also in the week after it, unless ' +
    'they missed it. null: none',
})

export const joinedWaitlistSchema = component('JoinedWaitlist', {
  ...entryProperties,
  patient: Type.Optional(bookedPatientSchema),
  hasFreeTimes,
  manageToken: nullableText({
    description:
      'Gives access to the entry and to its open offer without an account; null for members of the clinic, ' +
      'with `onBehalf`, and, together with an absent `patient`, for a retry after this token became void',
  }),
})

const offerSchema = Type.Object(
  {
    booking: bookingSchema,
    manageToken: nullableText({ description: 'Of the booking; null for members of the clinic' }),
  },
  {
    title: 'WaitlistOffer',
    additionalProperties: false,
    description: 'Accept it with `POST /bookings/{id}/confirm` before `holdExpiresAt`, decline it with `…/cancel`.',
  },
)

export const waitlistEntryWithOfferSchema = component('WaitlistEntryWithOffer', {
  ...entryProperties,
  hasFreeTimes,
  offer: Type.Union([offerSchema, Type.Null()], {
    description: 'The open or accepted offer, as far as the caller has access',
  }),
})

export const waitlistEntryPageSchema = pageOf(
  component('ClinicWaitlistEntry', { ...entryProperties, hasFreeTimes, hasDeskTimes, bookedSince }),
  'WaitlistEntryPage',
)

export const waitlistEntryListSchema = component('WaitlistEntryList', {
  items: Type.Array(waitlistEntrySchema, { description: 'The newest first, at most 100' }),
})

export const pastOffersSchema = component('PastOffers', {
  items: Type.Array(
    component('PastOffer', {
      bookingId: Type.String({ format: 'uuid' }),
      slotId: Type.String({ format: 'uuid' }),
      startsAt: nullable<string>({ type: 'string', format: 'date-time' }, { description: 'null: archived' }),
      offeredAt: Type.String({ format: 'date-time' }),
      endsAt: Type.String({ format: 'date-time' }),
      position: nullable<number>(
        { type: 'integer' },
        {
          description:
            'From 1, among those who waited for the same when the offer was made, and had no other offer. More than ' +
            '1: the time did not suit those before, they could book another one, or no message reached them in quiet ' +
            'hours. null: made before this was recorded.',
        },
      ),
      outcome: nullableLiterals(['accepted', 'declined', 'lapsed', 'withdrawn', 'removed'], {
        description: 'removed: it ended when the clinic removed the entry; null: open',
      }),
      closedAt: nullable<string>({ type: 'string', format: 'date-time' }),
    }),
    { description: 'The first offer first' },
  ),
})

export const waitlistDepartureSchema = component('WaitlistDeparture', {
  entryId: id(),
  token: Type.String({
    pattern: '^hfu_[A-Za-z0-9_-]{43}$',
    'x-expected': 'the token of the link',
    description: 'From the link of an offer’s e-mail',
  }),
})

export const waitlistLinkRequestSchema = component('WaitlistLinkRequest', {
  clinicId: id(),
  email: email({ description: 'The patient’s, as in the entry' }),
  language: Type.Optional(literals(messageLanguages, { description: 'Of the e-mail. Default: the patient’s' })),
})

export const waitlistLeftSchema = component('WaitlistLeft', { clinicName: Type.String() })

export const doctorWaitlistSchema = component('DoctorWaitlist', {
  waiting: Type.Integer({ description: 'How many wait for the doctor, or for the doctor’s specialization' }),
  waitingForSame: Type.Integer({
    description: 'Of these, those for visits of the `visitTypeId`; without it, those for places of fixed slots',
  }),
})
