import {
  attendanceSchema,
  bookingLinkSchema,
  bookingSchema,
  cancellationSchema,
  confirmationSchema,
  correctionSchema,
  createdBookingSchema,
  manageTokenSchema,
  newBookingSchema,
  nothingSchema,
  reschedulingSchema,
  ticketLinkRequestSchema,
} from '../schemas/booking.ts'
import { bookingHistorySchema } from '../schemas/report.ts'
import { answersCorrectionSchema } from '../schemas/visit-question.ts'
import { type Audit, inEventLog } from './audit.ts'
import { created, type Described, operation, operationTable } from './operation.ts'

const booking = (description: string) => ({ 200: { description, schema: bookingSchema } })

/** The response has the patient. */
const readByDesk = { kind: 'booking_read', subject: 'bookingId', byDesk: true } as const satisfies Audit

const changed = { audit: inEventLog, auditRepeated: readByDesk } as const satisfies Partial<Described>
const settled = { ...changed, waits: 'in the engine' } as const satisfies Partial<Described>
const marked = {
  ...settled,
  access: 'booking_desk',
  scope: 'bookings:write',
  body: nothingSchema,
  bodyOptional: true,
} as const satisfies Partial<Described>

const attendanceChanged = {
  ...changed,
  scope: 'bookings:write',
  body: attendanceSchema,
  example: { body: { slotId: '{slotId}' } },
  problems: ['hold_expired', 'invalid_transition', 'booking_moved', 'visit_begun', 'booking_erased'],
} as const satisfies Partial<Described>

export const bookingOperations = operationTable('Bookings', {
  createBooking: operation('POST /api/v1/bookings', {
    summary: 'Book units of a slot, or a visit in an open session',
    description:
      'Takes a `slotId`, or the `sessionId`, `startsAt` and `visitTypeId` of a visit, or instead of the session the ' +
      '`clinicId`, for any doctor who is free then. ' +
      'Creates a PENDING booking that holds its units until `holdExpiresAt`, or with `confirm` a CONFIRMED one. ' +
      'At a clinic that has guests confirm by a link, a guest’s booking with `confirm` and an e-mail address ' +
      'stays PENDING, see `confirmBooking`. A hold needs no patient; its confirmation does. Send an ' +
      'Idempotency-Key: a retry with the same key gets the first response; of a request to the clinic, with the ' +
      'status that it has since the clinic’s answer.',
    access: 'anyone',
    scope: 'bookings:write',
    restrictedField: 'body.onBehalf',
    body: newBookingSchema,
    responses: created('The booking', createdBookingSchema),
    clinic: { body: ['slotId', 'sessionId', 'clinicId'] },
    limit: 'booking',
    waits: 'in the engine',
    retry: 'in the transaction',
    audit: inEventLog,
    example: { body: { slotId: '{slotId}', patient: { name: 'Ada' } } },
    problems: [
      'slot_not_found',
      'clinic_not_found',
      'session_not_found',
      'visit_type_not_found',
      'visit_type_not_offered',
      'visit_type_restricted',
      'time_not_offered',
      'needs_taken',
      'slot_full',
      'slot_closed',
      'units_over_capacity',
      'too_many_units',
      'too_many_bookings',
      'appointment_type_not_offered',
      'answer_refused',
      'hold_expired',
      'patient_booked',
      'already_requested',
      'patient_not_found',
      'record_merged',
    ],
  }),
  sendTicketLink: operation('POST /api/v1/ticket-links', {
    summary: 'Send the link to a lost ticket',
    description:
      'Sends the link to the ticket by e-mail, if there is a booking with this reference on this day, and the ' +
      'address is its patient’s. The response does not say whether there is. A booking gets at most three such ' +
      'e-mails in a day from one network, an address ten, and then the first about bookings from each other network.',
    access: 'anyone',
    body: ticketLinkRequestSchema,
    responses: { 202: { description: 'Accepted', schema: nothingSchema } },
    clinic: { body: 'clinicId' },
    audit: { none: 'sends a message to the booking’s own address' },
    example: {
      body: { clinicId: '{clinicId}', reference: '004E-81F2', day: '{day}', email: 'ada@example.org' },
    },
    problems: ['clinic_not_found', 'mail_unavailable'],
  }),
  getBooking: operation('GET /api/v1/bookings/{bookingId}', {
    summary: 'Read a booking',
    access: 'booking',
    scope: 'bookings:read',
    responses: booking('The booking'),
    audit: readByDesk,
  }),
  correctPatient: operation('PATCH /api/v1/bookings/{bookingId}', {
    summary: 'Correct a booking’s patient',
    description:
      'The name, the contacts, the language of messages and the reason, also of a visit that is over, and of a ' +
      'request that the clinic has not answered; another hold gets them when it is confirmed. ' +
      'If messages about the booking go to another address from then on, because the e-mail address is another one, ' +
      'or the telephone number of a booking with SMS, the link that the former address has received is void, and a ' +
      'CONFIRMED booking’s confirmation, or a request’s receipt, is sent again. If an account has added the booking ' +
      'by that link, it is unlinked, because the account may be a stranger’s, unless the new address is the ' +
      'account’s. If it has been done already: 200, unchanged.',
    access: 'booking_desk',
    scope: 'bookings:write',
    body: correctionSchema,
    responses: booking('The booking as it is then'),
    audit: { kind: 'patient_corrected', subject: 'bookingId' },
    auditRepeated: readByDesk,
    example: { body: { patient: { name: 'Ada' } } },
    problems: ['hold_expired', 'invalid_transition', 'booking_erased', 'patient_booked'],
  }),
  listBookingEvents: operation('GET /api/v1/bookings/{bookingId}/events', {
    summary: 'Read a booking’s history',
    description: 'Every change in the log, including those that `GET /clinics/{id}/events` does not return yet.',
    access: 'booking_desk',
    scope: 'bookings:read',
    responses: { 200: { description: 'The history', schema: bookingHistorySchema } },
    audit: { kind: 'booking_read', subject: 'bookingId', details: ['history'] },
  }),
  confirmBooking: operation('POST /api/v1/bookings/{bookingId}/confirm', {
    summary: 'Confirm a hold',
    description:
      'If it has been done already: 200, unchanged. At a clinic that has guests confirm by a link (see ' +
      '`confirmByLink` of its message settings), the hold of a guest with an e-mail address stays PENDING, with ' +
      '`confirmationLink`, and lasts longer: an e-mail has a link to a page of the site, whose button sends ' +
      '`confirmationToken`. Opening the link confirms nothing. A further request without the token sends the e-mail ' +
      'again, a minute after the last one at the earliest, or to the address of another `patient`; five times at ' +
      'most. No link is needed for bookings of the clinic’s people, and of accounts that have confirmed one by a ' +
      'link to their own address before. An offer of the waitlist is confirmed with the `confirmationToken` of its ' +
      'e-mail; without it, the link is sent, and the offer lasts no longer. Whoever accepts an offer can add an ' +
      'e-mail address or a telephone number that the entry lacks, but cannot change its name or e-mail address. Of a ' +
      'visit type that needs approval, a patient’s confirmation is a request: the booking stays PENDING, with ' +
      '`requestedAt`, until the clinic’s people confirm it, or `declineBooking`, or `holdExpiresAt` is past. One ' +
      'that holds nothing has no `units`; when it is confirmed, its time is claimed, and refused if it is not free. ' +
      'Other such requests for this time are then CANCELLED with `time_taken`, unless units of the group remain. At ' +
      'a time that was closed meanwhile, no request is confirmed: `slot_closed`. A request is confirmed as its ' +
      'patient has made it, without `patient` and `answers`.',
    access: 'booking',
    scope: 'bookings:write',
    body: confirmationSchema,
    bodyOptional: true,
    responses: booking('The booking, CONFIRMED; or PENDING with `confirmationLink` or `requestedAt`'),
    limit: 'patient',
    ...settled,
    problems: [
      'hold_expired',
      'invalid_transition',
      'too_many_bookings',
      'booking_erased',
      'offer_of_another_patient',
      'answer_refused',
      'patient_booked',
      'already_requested',
      'slot_full',
      'slot_closed',
      'appointment_type_not_offered',
      'session_not_found',
      'visit_type_not_found',
      'visit_type_not_offered',
      'visit_type_restricted',
      'time_not_offered',
      'needs_taken',
    ],
  }),
  cancelBooking: operation('POST /api/v1/bookings/{bookingId}/cancel', {
    summary: 'Cancel a booking',
    description: 'If it has been done already: 200, unchanged.',
    access: 'booking',
    scope: 'bookings:write',
    body: cancellationSchema,
    bodyOptional: true,
    responses: booking('The booking, CANCELLED'),
    ...settled,
    problems: ['hold_expired', 'invalid_transition', 'past_deadline', 'booking_erased'],
  }),
  declineBooking: operation('POST /api/v1/bookings/{bookingId}/decline', {
    summary: 'Decline a request',
    description:
      'Cancels a hold, and no booking that was confirmed meanwhile. The patient gets a message with the `reason`. ' +
      'If it has been done already: 200, unchanged.',
    access: 'booking_desk',
    scope: 'bookings:write',
    body: cancellationSchema,
    bodyOptional: true,
    responses: booking('The booking, CANCELLED'),
    ...settled,
    problems: ['hold_expired', 'invalid_transition', 'booking_erased'],
  }),
  rescheduleBooking: operation('POST /api/v1/bookings/{bookingId}/reschedule', {
    summary: 'Move a booking to another slot or time',
    description:
      'One atomic step: the units of the old slot become free exactly when those of the new slot are taken. With ' +
      '`sessionId` and `startsAt`, to a time of `listTimes`: in an open session, the visit may also move by less ' +
      'than its own length. A visit of a type moves into a slot only if that is long enough for it. For a ' +
      'move to another visit type, send `answers` to what this type requires. Those of the booking to questions with ' +
      'the same ids and words count, but withdrawn consents; answers to other questions stay.',
    access: 'booking',
    scope: 'bookings:write',
    restrictedField: 'body.slotId',
    body: reschedulingSchema,
    responses: booking('The booking in its new slot'),
    ...settled,
    example: { body: { slotId: '{slotId}' } },
    problems: [
      'slot_not_found',
      'slot_full',
      'slot_closed',
      'units_over_capacity',
      'appointment_type_not_offered',
      'session_not_found',
      'visit_type_not_found',
      'visit_type_not_offered',
      'visit_type_restricted',
      'time_not_offered',
      'needs_taken',
      'answer_refused',
      'hold_expired',
      'offer_open',
      'approval_required',
      'invalid_transition',
      'past_deadline',
      'booking_erased',
      'patient_booked',
    ],
  }),
  confirmAttendance: operation('POST /api/v1/bookings/{bookingId}/attendance', {
    summary: 'Confirm that the patient comes',
    description:
      'Of a CONFIRMED booking whose visit has not begun. It sets `attendanceConfirmedAt`, and changes neither the ' +
      'status nor the units that are free; no message is sent for it. It applies to this slot: moving the booking ' +
      'or `withdrawAttendance` removes it. If it has been done already: 200, unchanged.',
    access: 'booking',
    responses: booking('The booking, with `attendanceConfirmedAt`'),
    ...attendanceChanged,
  }),
  withdrawAttendance: operation('POST /api/v1/bookings/{bookingId}/attendance/withdraw', {
    summary: 'Withdraw a confirmed attendance',
    description:
      'For a patient who is no longer sure, or where it was confirmed by mistake. `attendanceConfirmedAt` becomes ' +
      'null, and reminders that are still due ask again. The patient can confirm again. If it is null already: 200, ' +
      'unchanged.',
    access: 'booking_desk',
    responses: booking('The booking, with `attendanceConfirmedAt` null'),
    ...attendanceChanged,
  }),
  withdrawConsent: operation('POST /api/v1/bookings/{bookingId}/consents/{questionId}/withdraw', {
    summary: 'Withdraw a consent',
    description:
      'The patient no longer agrees to what they agreed to with the booking: the answer to this question gets ' +
      '`withdrawnAt`. The booking stays as it is, also when the consent was required. This cannot be undone. If it ' +
      'has been done already: 200, unchanged.',
    access: 'booking',
    scope: 'bookings:write',
    body: nothingSchema,
    bodyOptional: true,
    responses: booking('The booking, with `withdrawnAt` in its answer'),
    ...changed,
    problems: ['hold_expired', 'invalid_transition', 'consent_not_found', 'booking_erased'],
  }),
  correctAnswers: operation('PATCH /api/v1/bookings/{bookingId}/answers', {
    summary: 'Correct the answers of a booking',
    description:
      'Of a CONFIRMED booking or a request that waits: its patient until the deadline for cancellations, the ' +
      'clinic’s people until the visit’s end, also when the patient has arrived. The answers are judged by the ' +
      'questions as they were asked (`answers` of the booking), whatever the visit type asks now. A consent that was ' +
      'declined is given by the patient alone (`answer_refused`, `patient_only`); one that was given is only ' +
      'withdrawn (`withdrawConsent`), and not given again. Send the version that you have read: what somebody else ' +
      'changed is not overwritten. If the booking says so already: 200, unchanged. A patient corrects those of one ' +
      'booking ten times in 15 minutes at most.',
    access: 'booking',
    scope: 'bookings:write',
    body: answersCorrectionSchema,
    responses: booking('The booking as it is then'),
    audit: { kind: 'patient_corrected', subject: 'bookingId', details: ['answers'], byDesk: true },
    auditRepeated: readByDesk,
    example: {
      body: { version: 1, answers: [{ questionId: '01a22e58-b206-8000-802e-b86b2b1721d9', value: 'Penicillin' }] },
    },
    problems: [
      'hold_expired',
      'invalid_transition',
      'past_deadline',
      'visit_over',
      'answer_refused',
      'booking_outdated',
      'booking_erased',
    ],
  }),
  extendBooking: operation('POST /api/v1/bookings/{bookingId}/extend', {
    summary: 'Extend a hold',
    description:
      'By `holdSeconds` of the clinic, and up to `holdExtensionsMax` times; more than once only while nobody on the ' +
      'waitlist waits for the place. A retry with the same Idempotency-Key ' +
      'gets 200 and does not extend again.',
    access: 'booking',
    scope: 'bookings:write',
    body: nothingSchema,
    bodyOptional: true,
    responses: booking('The booking with its new `holdExpiresAt`'),
    ...settled,
    problems: ['hold_expired', 'invalid_transition', 'already_extended', 'place_awaited', 'booking_erased'],
  }),
  arriveBooking: operation('POST /api/v1/bookings/{bookingId}/arrive', {
    summary: 'Mark the patient as arrived',
    description: 'Possible from the start of the slot’s day, in the clinic’s time zone.',
    ...marked,
    responses: booking('The booking, ARRIVED'),
    problems: ['hold_expired', 'invalid_transition', 'too_early', 'booking_erased'],
  }),
  completeBooking: operation('POST /api/v1/bookings/{bookingId}/complete', {
    summary: 'Mark the appointment as completed',
    ...marked,
    responses: booking('The booking, COMPLETED'),
    problems: ['hold_expired', 'invalid_transition', 'booking_erased'],
  }),
  noShowBooking: operation('POST /api/v1/bookings/{bookingId}/no-show', {
    summary: 'Mark the patient as a no-show',
    description: 'Possible after the slot’s start.',
    ...marked,
    responses: booking('The booking, NO_SHOW'),
    problems: ['hold_expired', 'invalid_transition', 'too_early', 'booking_erased'],
  }),
  reopenBooking: operation('POST /api/v1/bookings/{bookingId}/reopen', {
    summary: 'Undo the last mark',
    description:
      'ARRIVED and NO_SHOW become CONFIRMED again, COMPLETED becomes ARRIVED. The booking’s units were taken all ' +
      'along. A CONFIRMED booking: 200, unchanged. In a withdrawn slot nothing becomes CONFIRMED again.',
    ...marked,
    responses: booking('The booking, CONFIRMED or ARRIVED'),
    problems: ['invalid_transition', 'slot_closed', 'booking_erased'],
  }),
  linkBooking: operation('POST /api/v1/bookings/{bookingId}/account', {
    summary: 'Link a guest’s booking to my account',
    description:
      'In any state. From then on `GET /me/bookings` lists it, and the account has access to it; the manage token no ' +
      'longer works. If it has been done already: 200, unchanged. A hold or an upcoming booking counts for the ' +
      'account’s limits at the clinic, except for the clinic’s people.',
    access: 'account',
    restrictedField: 'body.manageToken',
    body: bookingLinkSchema,
    responses: booking('The booking, linked to the account'),
    waits: 'in the engine',
    audit: inEventLog,
    example: { body: { manageToken: '{manageToken}' } },
    problems: ['booking_has_account', 'too_many_bookings', 'booking_erased'],
  }),
  renewManageToken: operation('POST /api/v1/bookings/{bookingId}/manage-token', {
    summary: 'Replace a booking’s manage token',
    description:
      'Returns a new token; earlier ones no longer work. For a link that came into the wrong hands, or for an ' +
      'account that wants to pass a booking on. A retry with the same Idempotency-Key returns the same token for ten ' +
      'minutes, also when it is sent with the token that the first try has replaced. The key must be random, such as ' +
      'a UUID; with any other, each request replaces the token again.',
    access: 'booking_patient',
    body: nothingSchema,
    bodyOptional: true,
    responses: { 200: { description: 'The new token', schema: manageTokenSchema } },
    ifLost:
      'Repeat the request. If your token is refused then, have the link sent to you with POST ' +
      '/api/v1/ticket-links, or ask the clinic.',
    audit: { none: 'only the booking’s patient can, and gets a new token' },
  }),
})
