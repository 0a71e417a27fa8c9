import { lengths, waitlistSearchedMax } from '@holdfast/vocabulary'
import Type from 'typebox'
import { manageTokenSchema, nothingSchema } from '../schemas/booking.ts'
import { id, line, pageParameters, searchText } from '../schemas/fields.ts'
import { object } from '../schemas/object.ts'
import {
  doctorWaitlistSchema,
  entryCorrectionSchema,
  joinedWaitlistSchema,
  newWaitlistEntrySchema,
  pastOffersSchema,
  waitedVisitTypeId,
  waitlistDepartureSchema,
  waitlistEntryListSchema,
  waitlistEntryPageSchema,
  waitlistEntrySchema,
  waitlistEntryWithOfferSchema,
  waitlistLeftSchema,
  waitlistLinkRequestSchema,
  waitlistListStatusSchema,
} from '../schemas/waitlist.ts'
import { ownData } from './audit.ts'
import { created, operation, operationTable } from './operation.ts'

const searchedMaxText = waitlistSearchedMax.toLocaleString('en')

/** Waiting for a place that becomes free. */
export const waitlistOperations = operationTable('Waitlist', {
  createWaitlistEntry: operation('POST /api/v1/waitlist-entries', {
    summary: 'Join a waitlist',
    description:
      'A place that becomes free is offered to the next person on the waitlist before it is public. Nothing is held ' +
      'for an entry while patients can book a time that fits it (`hasFreeTimes`).',
    access: 'anyone',
    scope: 'bookings:write',
    restrictedField: 'body.onBehalf',
    body: newWaitlistEntrySchema,
    responses: created(
      'The entry',
      joinedWaitlistSchema,
      'A retry: the entry as it is now, without its patient if its first token is void',
    ),
    clinic: { body: 'clinicId' },
    limit: 'booking',
    retry: 'in the transaction',
    audit: { none: 'the waitlist has it, with who added it' },
    auditRepeated: { kind: 'booking_read', subject: 'response', byDesk: true },
    example: {
      body: {
        clinicId: '{clinicId}',
        doctorId: '{doctorId}',
        from: '{day}',
        to: '{day}',
        patient: { name: 'Ada', email: 'ada@example.org' },
      },
    },
    problems: [
      'clinic_not_found',
      'doctor_not_found',
      'already_waiting',
      'too_many_waitlist_entries',
      'too_many_bookings',
      'too_many_units',
    ],
  }),
  getWaitlistEntry: operation('GET /api/v1/waitlist-entries/{entryId}', {
    summary: 'Read a waitlist entry and its offer',
    description:
      '`offer` is the open or accepted offer. The bearer of the manage token gets it while it is open, and doctors ' +
      'get only what is in their own calendar. The token works until a day after the entry has ended.',
    access: 'waitlist_entry',
    scope: 'bookings:read',
    responses: { 200: { description: 'The entry', schema: waitlistEntryWithOfferSchema } },
    audit: { kind: 'booking_read', subject: 'entryId', byDesk: true },
  }),
  listWaitlistOffers: operation('GET /api/v1/waitlist-entries/{entryId}/offers', {
    summary: 'List what was offered to an entry',
    access: 'waitlist_entry',
    scope: 'bookings:read',
    responses: { 200: { description: 'All offers', schema: pastOffersSchema } },
    audit: { kind: 'booking_read', subject: 'entryId', byDesk: true },
  }),
  correctWaitlistEntry: operation('PATCH /api/v1/waitlist-entries/{entryId}', {
    summary: 'Correct a waitlist entry’s patient',
    description:
      'The name and the contacts. The entry keeps its place. If it gets another e-mail address, the link that the ' +
      'former one has received is void, and the new one gets a link. An entry with an open offer is corrected after ' +
      'it, as the booking: `PATCH /bookings/{id}` corrects an accepted offer with its entry, whose own correction is ' +
      'refused then (`offer_accepted`). If it has been done already: 200, unchanged.',
    access: 'waitlist_desk',
    scope: 'bookings:write',
    body: entryCorrectionSchema,
    responses: { 200: { description: 'The entry as it is then', schema: waitlistEntrySchema } },
    audit: { kind: 'patient_corrected', subject: 'entryId' },
    auditRepeated: { kind: 'booking_read', subject: 'entryId' },
    example: { body: { patient: { name: 'Ada' } } },
    problems: ['offer_open', 'offer_accepted', 'already_waiting'],
  }),
  leaveWaitlist: operation('DELETE /api/v1/waitlist-entries/{entryId}', {
    summary: 'Leave a waitlist',
    description: 'An open offer is declined. If it has been done already: 204.',
    access: 'waitlist_entry',
    scope: 'bookings:write',
    responses: { 204: { description: 'The entry has ended' } },
    audit: { kind: 'waitlist_entry_removed', subject: 'entryId', byDesk: true },
  }),
  sendWaitlistLinks: operation('POST /api/v1/waitlist-links', {
    summary: 'Send the links to lost waitlist entries',
    description:
      'Sends the links to all open entries of the clinic whose patient has this address, in one e-mail. The response ' +
      'does not say whether there are any. An address gets at most three such e-mails in a day from one network, ten ' +
      'in all, and then the first from each other network, up to thirty; and three for an account that is signed in ' +
      'and has confirmed the address, whatever others asked for.',
    access: 'anyone',
    body: waitlistLinkRequestSchema,
    responses: { 202: { description: 'Accepted', schema: nothingSchema } },
    clinic: { body: 'clinicId' },
    audit: { none: 'sends messages to the entries’ own address' },
    example: { body: { clinicId: '{clinicId}', email: 'ada@example.org' } },
    problems: ['clinic_not_found', 'mail_unavailable'],
  }),
  leaveWaitlistByLink: operation('POST /api/v1/waitlist-departures', {
    summary: 'Leave a waitlist by the link of an e-mail',
    description:
      'With the link of an offer’s e-mail, which gives no other access. An open offer is declined; an accepted one ' +
      'stays. If it has been done already, the response is the same.',
    access: 'anyone',
    body: waitlistDepartureSchema,
    responses: { 200: { description: 'The entry has ended', schema: waitlistLeftSchema } },
    clinic: { body: 'entryId' },
    audit: { none: 'only who waits has the link' },
    example: { body: { entryId: '{entryId}', token: '{choiceToken}' } },
    problems: ['link_used'],
  }),
  renewWaitlistToken: operation('POST /api/v1/waitlist-entries/{entryId}/manage-token', {
    summary: 'Replace an entry’s manage token',
    description:
      'Returns a new token; earlier ones no longer work. Retries are as those of `POST /bookings/{id}/manage-token`.',
    access: 'waitlist_patient',
    body: nothingSchema,
    bodyOptional: true,
    responses: { 200: { description: 'The new token', schema: manageTokenSchema } },
    ifLost: 'Repeat the request. If your token is refused then, ask the clinic.',
    audit: { none: 'only the entry’s patient can, and gets a new token' },
  }),
  listWaitlistEntries: operation('GET /api/v1/clinics/{clinicId}/waitlist-entries', {
    summary: 'List a clinic’s waitlist',
    description:
      'Waiting and offered entries: by urgency, then by missed offers, then by the time of joining, as places are ' +
      'offered. Other lists: in the order in which they joined. An entry with `hasFreeTimes` gets no offers: ' +
      'call patients who have neither an account nor a link.',
    access: 'clinic_staff',
    scope: 'bookings:read',
    query: object({
      ...pageParameters,
      status: Type.Optional(waitlistListStatusSchema),
      doctorId: Type.Optional(id()),
      specialization: Type.Optional(line(lengths.specialization)),
      q: Type.Optional(
        searchText({
          description:
            'Words that are parts of the patient’s name, e-mail or phone; an entry’s id, or the last eight ' +
            'characters of one. Of entries that have ended, words and these characters find those among the ' +
            `clinic’s ${searchedMaxText} entries that joined last`,
        }),
      ),
    }),
    responses: { 200: { description: 'A page of entries', schema: waitlistEntryPageSchema } },
    audit: { kind: 'bookings_read', details: ['waitlist'] },
  }),
  listMyWaitlistEntries: operation('GET /api/v1/me/waitlist-entries', {
    summary: 'List your waitlist entries',
    access: 'account',
    responses: { 200: { description: 'Your entries', schema: waitlistEntryListSchema } },
    clinic: 'none',
    audit: ownData,
  }),
  getDoctorWaitlist: operation('GET /api/v1/doctors/{doctorId}/waitlist', {
    summary: 'Count who waits for a doctor',
    access: 'anyone',
    scope: 'times:read',
    query: object({ visitTypeId: Type.Optional(waitedVisitTypeId()) }),
    responses: { 200: { description: 'How many wait', schema: doctorWaitlistSchema } },
  }),
})
