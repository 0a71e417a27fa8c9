import Type from 'typebox'
import {
  calendarFeedChangeSchema,
  calendarFeedSchema,
  calendarFeedUrlSchema,
  clinicCalendarFeedSchema,
  newCalendarFeedSchema,
} from '../schemas/calendar-feed.ts'
import { object } from '../schemas/object.ts'
import { notModified, operation, operationTable } from './operation.ts'

const created = {
  restrictedField: 'body.password',
  problems: ['password_wrong'],
  bodyOptional: true,
  body: newCalendarFeedSchema,
  responses: { 201: { description: 'The URL of the feed', schema: calendarFeedUrlSchema } },
} as const
const removed = { 204: { description: 'There is no feed any more' } }
const replaces =
  'A feed that exists is replaced: its URL no longer works. A repetition with the same Idempotency-Key replaces it ' +
  'again, because the response contains a secret and is not stored.'

const newFeedAgain = 'Create the feed again: it replaces the one that may exist, and its URL is in the response.'
const ofOwnBookings = { none: 'of the account’s own bookings, which it can read anyway' } as const

export const calendarFeedOperations = operationTable('Calendars', {
  createMyCalendarFeed: operation('POST /api/v1/me/calendar-feed', {
    ...created,
    summary: 'Create a calendar feed of my bookings',
    description: `The confirmed bookings of this account, for calendar programs. ${replaces}`,
    access: 'account',
    clinic: 'none',
    ifLost: newFeedAgain,
    audit: ofOwnBookings,
  }),
  getMyCalendarFeed: operation('GET /api/v1/me/calendar-feed', {
    summary: 'Read whether there is a calendar feed of my bookings',
    access: 'account',
    responses: { 200: { description: 'Since when there is one', schema: calendarFeedSchema } },
    clinic: 'none',
  }),
  deleteMyCalendarFeed: operation('DELETE /api/v1/me/calendar-feed', {
    summary: 'Revoke the calendar feed of my bookings',
    access: 'account',
    responses: removed,
    clinic: 'none',
    audit: ofOwnBookings,
  }),
  createDoctorCalendarFeed: operation('POST /api/v1/doctors/{doctorId}/calendar-feed', {
    ...created,
    summary: 'Create a calendar feed of a doctor',
    description:
      'The confirmed bookings of the doctor, without patients unless the clinic allows their names. The feed ends ' +
      `when the account that created it loses or changes its role, or the doctor is inactive. ${replaces}`,
    access: 'calendar_owner',
    ifLost: newFeedAgain,
    audit: { kind: 'clinic_changed', subject: 'doctorId', details: ['calendar feed created'] },
  }),
  getDoctorCalendarFeed: operation('GET /api/v1/doctors/{doctorId}/calendar-feed', {
    summary: 'Read whether there is a calendar feed of a doctor',
    access: 'calendar_owner',
    responses: { 200: { description: 'Since when there is one', schema: clinicCalendarFeedSchema } },
  }),
  deleteDoctorCalendarFeed: operation('DELETE /api/v1/doctors/{doctorId}/calendar-feed', {
    summary: 'Revoke the calendar feed of a doctor',
    access: 'calendar_owner',
    responses: removed,
    audit: { kind: 'clinic_changed', subject: 'doctorId', details: ['calendar feed revoked'] },
  }),
  createClinicCalendarFeed: operation('POST /api/v1/clinics/{clinicId}/calendar-feed', {
    ...created,
    summary: 'Create a calendar feed of a clinic',
    description:
      'The confirmed bookings of all doctors, without patients unless the clinic allows their names. The feed ends ' +
      `when the account that created it is no longer an administrator. ${replaces}`,
    access: 'admin',
    ifLost: newFeedAgain,
    audit: { kind: 'clinic_changed', subject: 'clinicId', details: ['calendar feed created'] },
  }),
  getClinicCalendarFeed: operation('GET /api/v1/clinics/{clinicId}/calendar-feed', {
    summary: 'Read whether there is a calendar feed of a clinic',
    access: 'admin',
    responses: { 200: { description: 'Since when there is one', schema: clinicCalendarFeedSchema } },
  }),
  updateClinicCalendarFeed: operation('PATCH /api/v1/clinics/{clinicId}/calendar-feed', {
    summary: 'Choose whether calendar feeds name the patients',
    description: 'For the feed of the clinic and those of its doctors, also the ones that exist.',
    access: 'admin',
    body: calendarFeedChangeSchema,
    responses: { 200: { description: 'The feed and the setting', schema: clinicCalendarFeedSchema } },
    audit: { kind: 'clinic_changed', subject: 'clinicId' },
    example: { body: { patientNames: false } },
  }),
  deleteClinicCalendarFeed: operation('DELETE /api/v1/clinics/{clinicId}/calendar-feed', {
    summary: 'Revoke the calendar feed of a clinic',
    access: 'admin',
    responses: removed,
    audit: { kind: 'clinic_changed', subject: 'clinicId', details: ['calendar feed revoked'] },
  }),
  readCalendarFeed: operation('GET /api/v1/calendar-feeds/{fileName}', {
    summary: 'Read a calendar feed',
    description:
      'As iCalendar (RFC 5545): the bookings of the last 30 days (of a clinic: 7) and those to come, at most 5,000. ' +
      'The address contains the secret, so no credentials are needed. Takes If-None-Match.',
    access: 'anyone',
    params: object({ fileName: Type.String({ minLength: 1, maxLength: 100, description: 'The token with `.ics`' }) }),
    responses: {
      200: { description: 'The calendar', mediaType: 'text/calendar', schema: Type.String() },
      304: notModified,
    },
    clinic: 'feed token',
    audit: { kind: 'bookings_read', byHandler: true },
    problems: ['calendar_feed_not_found'],
  }),
})
