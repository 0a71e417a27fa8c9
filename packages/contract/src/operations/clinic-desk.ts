import { slowBookingsMax, yearDaysMax } from '@holdfast/vocabulary'
import Type from 'typebox'
import { memberChangeSchema, memberPageSchema, memberSchema } from '../schemas/account.ts'
import { bookingPageSchema, bookingStatusSchema } from '../schemas/booking.ts'
import {
  csvEndsEarly,
  csvSeparator,
  flag,
  id,
  localDate,
  longLimit,
  pageParameters,
  searchText,
} from '../schemas/fields.ts'
import { literals } from '../schemas/literals.ts'
import { object } from '../schemas/object.ts'
import { bookingEventPageSchema, clinicStatsSchema, requestCountSchema, verifyReportSchema } from '../schemas/report.ts'
import { noPatients } from './audit.ts'
import { operation, operationTable } from './operation.ts'

const statsDays = {
  from: Type.Optional(localDate({ description: 'First day of the slots; default: 30 days before `to`' })),
  to: Type.Optional(
    localDate({ description: `Last day, inclusive; at most ${yearDaysMax} days in all; default: today` }),
  ),
}

const bookingFilters = {
  from: Type.Optional(localDate({ description: 'First day of the slots, in the clinic’s time zone; default: today' })),
  to: Type.Optional(
    localDate({
      description: `Last day, inclusive; at most ${yearDaysMax} days in all; default: 30 days after \`from\``,
    }),
  ),
  status: Type.Optional(bookingStatusSchema),
  attendance: Type.Optional(
    literals(['confirmed', 'unconfirmed'], {
      description: 'Whose patients have confirmed to come; or CONFIRMED ones, not begun, whose patients have not',
    }),
  ),
  confirmedOnly: flag('Without bookings that were never confirmed: holds that lapsed or were released'),
  requested: flag('Only requests that the clinic has not answered'),
  doctorId: Type.Optional(id()),
  q: Type.Optional(
    searchText({
      description: 'Part of the patient’s name, e-mail or phone, a booking’s id, or the last eight characters of an id',
    }),
  ),
}

const withBookedSince = flag(
  'A booking that ended with its slot (`slot_withdrawn`) in the last 30 days has `bookedSince` if the same person ' +
    'has got an appointment since, with the same doctor or one of the same specialization: nobody has to call them, ' +
    'also after it, unless they missed it. Doctors see only those with themselves.',
)

const withTimeFree = flag(
  'With `requested`: each request that holds nothing has `isTimeFree`. Without it, the list is read faster.',
)

const bookingsLimit = longLimit({
  default: 20,
  description:
    'The largest number of bookings to return; with `withBookedSince` or `withTimeFree` at most ' +
    `${slowBookingsMax}`,
})

export const clinicDeskOperations = operationTable('Figures', {
  listClinicBookings: operation('GET /api/v1/clinics/{clinicId}/bookings', {
    tag: 'Bookings',
    summary: 'List a clinic’s bookings',
    description: 'Ordered by the slot’s start; with `requested`, by the end of the time to answer.',
    access: 'member',
    scope: 'bookings:read',
    restrictedField: 'query.doctorId',
    query: object({ ...bookingFilters, withBookedSince, withTimeFree, ...pageParameters, limit: bookingsLimit }),
    responses: { 200: { description: 'A page of bookings', schema: bookingPageSchema } },
    audit: { kind: 'bookings_read' },
  }),
  countRequests: operation('GET /api/v1/clinics/{clinicId}/requests/count', {
    tag: 'Bookings',
    summary: 'Count the requests that wait for a clinic’s answer',
    description:
      'Those that `listClinicBookings` lists with `requested`, without reading any patient: to show how many wait, ' +
      'ask this, and list them when somebody looks at them.',
    access: 'member',
    scope: 'bookings:read',
    restrictedField: 'query.doctorId',
    query: object({ doctorId: bookingFilters.doctorId }),
    responses: { 200: { description: 'How many wait', schema: requestCountSchema } },
  }),
  exportClinicBookings: operation('GET /api/v1/clinics/{clinicId}/bookings.csv', {
    tag: 'Bookings',
    summary: 'Export a clinic’s bookings',
    description:
      'All bookings that `listClinicBookings` lists with the same filters, as a CSV file with a row for each. The ' +
      'names of its columns do not change; later releases may add columns at the end. `startsAt` and `endsAt` are ' +
      'in the clinic’s time zone, which is in `timezone`; the other times are in UTC. A booking that is moved while ' +
      'the file is read may be missing from it or be in it twice; one that is made then is not in it. ' +
      csvEndsEarly,
    access: 'member',
    scope: 'bookings:read',
    restrictedField: 'query.doctorId',
    query: object({ ...bookingFilters, separator: csvSeparator }),
    responses: { 200: { description: 'The bookings', mediaType: 'text/csv', schema: Type.String() } },
    audit: { kind: 'data_exported', byHandler: true },
  }),
  listMembers: operation('GET /api/v1/clinics/{clinicId}/members', {
    tag: 'People',
    summary: 'List a clinic’s members',
    access: 'admin',
    query: object({ ...pageParameters }),
    responses: { 200: { description: 'A page of members', schema: memberPageSchema } },
  }),
  changeMember: operation('PATCH /api/v1/clinics/{clinicId}/members/{accountId}', {
    tag: 'People',
    summary: 'Change a member’s role',
    description: 'Members are added by invitation. Who makes somebody an admin confirms it.',
    access: 'admin',
    restrictedField: 'body.password',
    passwordIf: { text: 'to make somebody an admin', field: 'role', is: 'admin' },
    body: memberChangeSchema,
    responses: { 200: { description: 'The member with the changed role', schema: memberSchema } },
    audit: { kind: 'role_changed', subject: 'accountId' },
    example: { body: { role: 'staff' } },
    problems: ['doctor_not_found', 'member_not_found', 'last_admin', 'password_wrong'],
  }),
  removeMember: operation('DELETE /api/v1/clinics/{clinicId}/members/{accountId}', {
    tag: 'People',
    summary: 'Remove a member',
    access: 'admin',
    responses: { 204: { description: 'The member is removed' } },
    audit: { kind: 'role_removed', subject: 'accountId' },
    problems: ['member_not_found', 'last_admin'],
  }),
  getClinicStats: operation('GET /api/v1/clinics/{clinicId}/stats', {
    summary: 'Read a clinic’s statistics',
    access: 'admin',
    scope: 'admin',
    query: object(statsDays),
    responses: { 200: { description: 'The statistics', schema: clinicStatsSchema } },
  }),
  exportClinicStats: operation('GET /api/v1/clinics/{clinicId}/stats.csv', {
    summary: 'Export a clinic’s statistics',
    description:
      'The days of `getClinicStats` as a CSV file: a row for each day, and a column for each status. The names of ' +
      'its columns do not change; later releases may add columns at the end.',
    access: 'admin',
    scope: 'admin',
    query: object({ ...statsDays, separator: csvSeparator }),
    responses: { 200: { description: 'The figures', mediaType: 'text/csv', schema: Type.String() } },
    audit: noPatients,
  }),
  listEvents: operation('GET /api/v1/clinics/{clinicId}/events', {
    summary: 'Read a clinic’s log',
    description:
      'Every change of a booking, in the order of the log. No event is ever inserted before one that was returned: ' +
      'poll with the last `position` as `after`. After a failover or a restore, some events may be returned again.',
    access: 'admin',
    scope: 'events:read',
    query: object({
      after: Type.Optional(
        Type.String({
          pattern: '^(\\d{1,16}\\.)?\\d{1,19}\\.\\d{1,18}$',
          'x-expected': 'the position of an event',
          description: 'The `position` of the last event read',
        }),
      ),
      newest: flag('The latest events, newest first and without further pages; not together with `after`'),
      confirmedOnly: flag(
        'Without the events of holds: held, extended, lapsed and released; only together with `newest`',
      ),
      limit: pageParameters.limit,
    }),
    responses: { 200: { description: 'A page of events', schema: bookingEventPageSchema } },
  }),
  verifyClinic: operation('GET /api/v1/clinics/{clinicId}/verify', {
    summary: 'Verify a clinic’s bookings against its log',
    access: 'admin',
    scope: 'admin',
    responses: { 200: { description: 'What was counted, and every discrepancy', schema: verifyReportSchema } },
  }),
})
