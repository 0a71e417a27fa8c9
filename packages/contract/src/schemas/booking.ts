import { bookingStatuses, lengths, messageLanguages, slotLimits } from '@holdfast/vocabulary'
import Type, { type Static } from 'typebox'
import { appointmentTypeSchema } from './doctor.ts'
import {
  email,
  id,
  line,
  localDate,
  name,
  nullableEmail,
  nullablePhone,
  nullableText,
  nullableTime,
  pageOf,
  paragraph,
  phone,
  time,
} from './fields.ts'
import { literals, nullableLiterals } from './literals.ts'
import { component } from './object.ts'
import { bookedAnswersSchema, sentAnswersSchema } from './visit-question.ts'
import { visitResourceKindSchema } from './visit-resource.ts'

export const bookingStatusSchema = literals(bookingStatuses, { title: 'BookingStatus' })

export const patientSchema = component('Patient', {
  name: name(lengths.name),
  email: Type.Optional(email()),
  phone: Type.Optional(phone()),
  language: Type.Optional(
    literals(messageLanguages, { description: 'Of messages to the patient. Default: as the clinic has set' }),
  ),
})

export const bookedPatientSchema = component('BookedPatient', {
  name: Type.String({ description: 'Empty for a hold without a patient, and after the patient was erased' }),
  email: Type.Optional(Type.String()),
  phone: Type.Optional(Type.String()),
  language: Type.Optional(literals(messageLanguages)),
})

export const refuseOverlap = Type.Optional(
  Type.Boolean({
    default: false,
    description:
      'true: refused with `patient_booked` if the patient has an appointment in the clinic at the same time, with ' +
      'whichever doctor. Which bookings are the patient’s depends on the caller. Members of the clinic: those in the ' +
      'same name, whatever their contacts: it may be another person; and for a record (`patientId`, or that of the ' +
      'booking), what is linked to it, and its cases. An account: its own, in the same name. With ' +
      '`confirmationToken`: those in the same name with the same e-mail address. With the manage token of a hold ' +
      'that an account has created: the account’s own, in the same name, unless an e-mail has contained the token. ' +
      'Other guests are never refused: nobody finds out where somebody else has an appointment. A hold is not ' +
      'refused, but its confirmation is. Slots with more than 200 units taken are not looked at.',
  }),
)

const allowOverlap = Type.Optional(
  Type.Boolean({
    default: false,
    description:
      'true: goes on although the patient has an appointment at the same time, instead of `refuseOverlap`. The ' +
      'security log has it, if a member of the clinic sends it',
  }),
)

const ofVisit = 'With `sessionId`, `startsAt` and `visitTypeId`: a visit in an open session, instead of a slot'
const ofAnyDoctor = 'Instead of `sessionId`: with any doctor of this clinic who is free then, see `listClinicTimes`'

const visitFields = {
  sessionId: Type.Optional(id({ description: ofVisit })),
  startsAt: Type.Optional(time({ description: 'When the visit begins: one of `listTimes`' })),
}

export const newBookingSchema = component('NewBooking', {
  slotId: Type.Optional(id({ description: 'A slot. Required, unless `sessionId` or `clinicId` is there' })),
  ...visitFields,
  clinicId: Type.Optional(id({ description: ofAnyDoctor })),
  visitTypeId: Type.Optional(id({ description: 'What is booked: it says how long the visit takes' })),
  units: Type.Optional(Type.Integer({ minimum: 1, maximum: slotLimits.capacityMax, default: 1 })),
  patient: Type.Optional(patientSchema),
  patientId: Type.Optional(
    id({
      description:
        'With `onBehalf`, for staff and admins: the record of a patient of the clinic (`listPatients`), to which the ' +
        'booking is linked in the same step. Without `patient`, the booking has the record’s name, e-mail address, ' +
        'telephone number and language, or the contacts of the guardian who `getsMessages`; otherwise `patient` ' +
        'alone is stored',
    }),
  ),
  appointmentType: Type.Optional(appointmentTypeSchema),
  reason: Type.Optional(paragraph(lengths.reason, { description: 'Reason for the visit' })),
  answers: Type.Optional(sentAnswersSchema),
  confirm: Type.Optional(
    Type.Boolean({
      default: false,
      description: 'true: CONFIRMED at once, without a hold, unless the clinic has guests confirm by a link',
    }),
  ),
  onBehalf: Type.Optional(
    Type.Boolean({
      default: false,
      description:
        'For members of the clinic: the booking belongs to the patient, not to the account that creates it. The ' +
        'minimum notice and the booking horizon do not apply, and a slot can be booked until it ends',
    }),
  ),
  addsPlaces: Type.Optional(
    Type.Boolean({
      default: false,
      description:
        'With `onBehalf`: where no room is left, the slot gets the places that are missing, for this booking, ' +
        'before any is offered to those who wait. It keeps them',
    }),
  ),
  formerBookingId: Type.Optional(
    id({
      description:
        'With `onBehalf`: a booking of the same patient in this clinic, and of the doctor, if a doctor sends it. ' +
        'If its name and e-mail address are those of `patient` (without an address, its telephone number, or ' +
        'neither has a contact), it was not erased, and its account did not add it by its link, the new booking ' +
        'belongs to the same account',
    }),
  ),
  refuseOverlap,
  allowOverlap,
})

export type NewBookingBody = Static<typeof newBookingSchema>

const identity = {
  id: Type.String({ format: 'uuid' }),
  clinicId: Type.String({ format: 'uuid' }),
  doctorId: Type.String({ format: 'uuid' }),
  slotId: Type.String({ format: 'uuid' }),
}

const times = {
  startsAt: Type.String({ format: 'date-time' }),
  endsAt: Type.String({ format: 'date-time' }),
  holdExpiresAt: nullableTime({ description: 'PENDING: when the hold ends' }),
  createdAt: Type.String({ format: 'date-time' }),
}

/** The link of a hold at a clinic that has guests confirm by a link in an e-mail. */
const confirmationLink = Type.Optional(
  Type.Object(
    {
      sentAt: Type.String({ format: 'date-time', description: 'When the e-mail was requested last' }),
      nextAt: nullableTime({ description: 'From then on it can be sent again; null: not any more' }),
      failure: nullableLiterals(['address_refused', 'address_limit', 'network_limit', 'not_sent', 'unknown'], {
        description:
          'Why the last e-mail did not arrive: its mail server refused the address; the address has received the ' +
          'most that it gets in a day, or the most for bookings from this network; another reason; it is not known ' +
          'whether it was sent. null: it is on its way, or was sent',
      }),
    },
    {
      title: 'ConfirmationLink',
      additionalProperties: false,
      description: 'The hold waits to be confirmed by a link in an e-mail; absent: it does not',
    },
  ),
)

const requestedAt = Type.Optional(
  Type.String({
    format: 'date-time',
    description:
      'When the patient asked for it, at a visit type that needs approval. While it is PENDING, the clinic has not ' +
      'answered, and must until `holdExpiresAt`. Absent: nobody had to ask',
  }),
)

export const createdBookingSchema = component('MadeBooking', {
  ...identity,
  status: bookingStatusSchema,
  units: Type.Integer({ description: '0: a request that holds nothing until the clinic approves it' }),
  appointmentType: appointmentTypeSchema,
  ...times,
  confirmationLink,
  requestedAt,
  manageToken: nullableText({
    description:
      'As a bearer token it gives access to this booking only, until a day after the visit or its cancellation. ' +
      'Keep it secret. null: the booking was made on behalf of somebody else.',
  }),
})

/** An appointment that somebody has got in the meantime. */
export const bookedSinceSchema = component('BookedSince', { bookingId: identity.id, startsAt: times.startsAt })

export const bookingSchema = component('Booking', {
  ...identity,
  status: bookingStatusSchema,
  failureReason: nullableLiterals(
    ['hold_expired', 'slot_withdrawn', 'slot_closed', 'system_error', 'hold_released', 'time_taken'],
    {
      description:
        'When FAILED; or `hold_released`: CANCELLED before it was confirmed; `time_taken`: CANCELLED, because the ' +
        'clinic has approved another request for the time of one that held nothing. `slot_closed`: an offer of the ' +
        'waitlist ended, because the doctor is busy then or takes no bookings any more.',
    },
  ),
  units: Type.Integer({ description: '0: a request that holds nothing until the clinic approves it' }),
  appointmentType: appointmentTypeSchema,
  visitTypeId: Type.Optional(
    Type.String({ format: 'uuid', description: 'What is booked in an open session; absent: a slot was booked' }),
  ),
  sessionId: Type.Optional(Type.String({ format: 'uuid', description: 'The open session of the visit' })),
  resources: Type.Optional(
    Type.Array(
      component('BookedResource', {
        id: Type.String({ format: 'uuid' }),
        kind: visitResourceKindSchema,
        name: Type.String(),
      }),
      {
        description:
          'The room and the devices that the visit takes; absent: none, or it takes them no more, because it was ' +
          'cancelled or has failed',
      },
    ),
  ),
  ...times,
  confirmationLink,
  updatedAt: Type.String({ format: 'date-time' }),
  extended: Type.Boolean({ description: 'The hold has been extended' }),
  patient: bookedPatientSchema,
  answers: Type.Optional(bookedAnswersSchema),
  reason: nullableText(),
  cancellationReason: nullableText(),
  cancelledBy: nullableLiterals(['patient', 'clinic'], {
    description:
      'When CANCELLED: `patient` with the manage token or as the account of the booking, `clinic` as a member of ' +
      'the clinic. null: not cancelled.',
  }),
  offer: nullableLiterals(['open', 'declined', 'lapsed', 'withdrawn', 'removed'], {
    description:
      'Of a booking that was offered to an entry of the waitlist and not accepted: what became of the offer. ' +
      '`removed`: it ended when the clinic removed the entry. null: it was accepted, or is no offer.',
  }),
  joinUrl: nullableText({
    description:
      'The address of the video visit; null unless the booking is CONFIRMED or ARRIVED, its type is `video`, and ' +
      'the doctor has a video room',
  }),
  erasedAt: nullableTime({ description: 'When the patient was erased; null: not yet' }),
  attendanceConfirmedAt: nullableTime({
    description:
      'When the patient confirmed to come to this slot; null: not, or to the slot before the last move, or the ' +
      'clinic has undone it. Kept when the booking is cancelled or marked.',
  }),
  requestedAt,
  arrivedAt: Type.Optional(
    Type.String({
      format: 'date-time',
      description: 'When the patient of an ARRIVED booking arrived. Only in `listClinicBookings`',
    }),
  ),
  isTimeFree: Type.Optional(
    Type.Boolean({
      description:
        'Whether the time of a request that holds nothing could be booked now. Only in `listClinicBookings` with ' +
        '`withTimeFree`; absent: the request holds its time',
    }),
  ),
  series: Type.Optional(
    component('SeriesPlace', {
      id: identity.id,
      number: Type.Integer({ description: 'The visit’s number, from 1' }),
      total: Type.Integer({ description: 'How many visits were booked' }),
    }),
  ),
  bookedSince: Type.Optional(bookedSinceSchema),
  patientFlags: Type.Optional(
    Type.Array(Type.String(), {
      description:
        'Of the record that the booking is linked to, such as an interpreter. Only in `listClinicBookings`; ' +
        'absent: it has none',
    }),
  ),
  version: Type.Integer({ description: 'The number of changes of the booking, from 1' }),
})

export type BookingBody = Static<typeof bookingSchema>

export const otherAppointmentSchema = Type.Object(
  {
    bookingId: identity.id,
    doctorId: identity.doctorId,
    doctorName: Type.String(),
    startsAt: times.startsAt,
    endsAt: times.endsAt,
  },
  {
    title: 'OtherAppointment',
    additionalProperties: false,
    description: '`patient_booked`: what the patient has at the same time; absent: the caller may not see it',
  },
)

export const bookingPageSchema = pageOf(bookingSchema, 'BookingPage')

export const confirmationSchema = Type.Object(
  {
    patient: Type.Optional(patientSchema),
    reason: Type.Optional(paragraph(lengths.reason, { description: 'Reason for the visit' })),
    answers: Type.Optional(sentAnswersSchema),
    confirmationToken: Type.Optional(
      line(100, { description: 'From the link in the e-mail, for a hold with `confirmationLink`' }),
    ),
    refuseOverlap,
    allowOverlap,
  },
  {
    title: 'Confirmation',
    additionalProperties: false,
    description:
      'The patient and the reason, if they were not known when the hold was created. Omitted fields stay as they are.',
  },
)

export const patientCorrectionSchema = component('PatientCorrection', {
  name: Type.Optional(name(lengths.name)),
  email: Type.Optional(nullableEmail({ description: 'null: none' })),
  phone: Type.Optional(nullablePhone({ description: 'null: none' })),
  language: Type.Optional(
    nullableLiterals(messageLanguages, { description: 'Of messages to the patient. null: as the clinic has set' }),
  ),
})

export const correctionSchema = Type.Object(
  {
    patient: Type.Optional(patientCorrectionSchema),
    reason: Type.Optional(paragraph(lengths.reason, { description: 'Reason for the visit; empty: none' })),
    refuseOverlap: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          'true: refused with `patient_booked` if, by another name or contact, the patient becomes one who has ' +
          'another appointment in the clinic at the same time. They are recognized by the new name alone, or, if the ' +
          'name stays, by the same e-mail address, telephone number or account as well.',
      }),
    ),
    allowOverlap,
  },
  { title: 'BookingCorrection', additionalProperties: false, description: 'Omitted fields stay as they are.' },
)

export const cancellationSchema = component('Cancellation', { reason: Type.Optional(paragraph(lengths.reason)) })

export const attendanceSchema = component('Attendance', {
  slotId: id({ description: 'The slot in which the booking was when the patient was asked' }),
})

export const reschedulingSchema = component('Rescheduling', {
  slotId: Type.Optional(id({ description: 'A slot of the same clinic. Required, unless `sessionId` is there' })),
  ...visitFields,
  visitTypeId: Type.Optional(id({ description: 'With `sessionId`. Default: the type of the visit that is moved' })),
  answers: Type.Optional(sentAnswersSchema),
  addsPlaces: Type.Optional(
    Type.Boolean({
      default: false,
      description:
        'For members of the clinic: where no room is left, the slot gets the places that are missing, as with ' +
        '`addsPlaces` of `createBooking`',
    }),
  ),
  refuseOverlap,
  allowOverlap,
})

export type ReschedulingBody = Static<typeof reschedulingSchema>

export const bookingLinkSchema = component('BookingLink', {
  manageToken: line(100, { description: 'The manage token of this booking' }),
})

export const manageTokenSchema = component('ManageToken', {
  manageToken: Type.String({ description: 'Gives access to this booking or waitlist entry only. Keep it secret.' }),
})

export const ticketLinkRequestSchema = component('TicketLinkRequest', {
  clinicId: id(),
  reference: Type.String({
    pattern: '^[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{4}$',
    'x-expected': 'a reference such as 004E-81F2',
    description: 'As on the ticket: the last eight characters of the booking’s id',
  }),
  day: localDate({ description: 'Of the visit, in the clinic’s time zone' }),
  email: email({ description: 'The patient’s, as in the booking' }),
  language: Type.Optional(literals(messageLanguages, { description: 'Of the e-mail. Default: the patient’s' })),
})

/** For operations without input: no body, or `{}`. */
export const nothingSchema = component('Nothing', {})
