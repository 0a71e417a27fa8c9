import Type from 'typebox'
import { memberPageSchema, memberSchema, newMemberSchema } from '../schemas/account.ts'
import { bookingPageSchema, bookingStatusSchema } from '../schemas/booking.ts'
import { flag, id, localDate, pageParameters, searchText } from '../schemas/fields.ts'
import { bookingEventPageSchema, clinicStatsSchema, verifyReportSchema } from '../schemas/report.ts'
import { operation } from './operation.ts'

const params = Type.Object({ clinicId: id() }, { additionalProperties: false })

export const clinicDeskOperations = {
  listClinicBookings: operation({
    id: 'listClinicBookings',
    method: 'GET',
    url: '/api/v1/clinics/{clinicId}/bookings',
    tag: 'Clinic desk',
    summary: 'List a clinic’s bookings',
    description: 'By the slot’s start. A doctor sees the own calendar.',
    access: 'member',
    restrictedField: 'query.doctorId',
    params,
    query: Type.Object(
      {
        from: Type.Optional(
          localDate({ description: 'First day of the slots, in the clinic’s zone; today when absent' }),
        ),
        to: Type.Optional(localDate({ description: 'Last day, included, at most 366 in all; 30 days on when absent' })),
        status: Type.Optional(bookingStatusSchema),
        doctorId: Type.Optional(id()),
        q: Type.Optional(
          searchText({
            description:
              'Part of the patient’s name, e-mail or phone, a booking’s id, or the last eight characters of one',
          }),
        ),
        ...pageParameters,
      },
      { additionalProperties: false },
    ),
    responses: { 200: { description: 'A page of bookings', schema: bookingPageSchema } },
    problems: ['clinic_not_found'],
  }),
  listMembers: operation({
    id: 'listMembers',
    method: 'GET',
    url: '/api/v1/clinics/{clinicId}/members',
    tag: 'Clinic desk',
    summary: 'List a clinic’s members',
    access: 'admin',
    params,
    query: Type.Object({ ...pageParameters }, { additionalProperties: false }),
    responses: { 200: { description: 'A page of members', schema: memberPageSchema } },
    problems: ['clinic_not_found'],
  }),
  putMember: operation({
    id: 'putMember',
    method: 'POST',
    url: '/api/v1/clinics/{clinicId}/members',
    tag: 'Clinic desk',
    summary: 'Add a member, or change their role',
    access: 'admin',
    params,
    body: newMemberSchema,
    responses: {
      201: { description: 'The new member', schema: memberSchema },
      200: { description: 'The member, with the role as it is now', schema: memberSchema },
    },
    problems: ['clinic_not_found', 'account_not_found', 'doctor_not_found', 'last_admin'],
  }),
  removeMember: operation({
    id: 'removeMember',
    method: 'DELETE',
    url: '/api/v1/clinics/{clinicId}/members/{accountId}',
    tag: 'Clinic desk',
    summary: 'Remove a member',
    access: 'admin',
    params: Type.Object({ clinicId: id(), accountId: id() }, { additionalProperties: false }),
    responses: { 204: { description: 'They are a member no more' } },
    problems: ['clinic_not_found', 'member_not_found', 'last_admin'],
  }),
  getClinicStats: operation({
    id: 'getClinicStats',
    method: 'GET',
    url: '/api/v1/clinics/{clinicId}/stats',
    tag: 'Clinic desk',
    summary: 'Figures of a clinic',
    access: 'admin',
    params,
    query: Type.Object(
      {
        from: Type.Optional(localDate({ description: 'First day of the slots; 30 days before `to` when absent' })),
        to: Type.Optional(localDate({ description: 'Last day, included, at most 366 in all; today when absent' })),
      },
      { additionalProperties: false },
    ),
    responses: { 200: { description: 'The figures', schema: clinicStatsSchema } },
    problems: ['clinic_not_found'],
  }),
  listEvents: operation({
    id: 'listEvents',
    method: 'GET',
    url: '/api/v1/clinics/{clinicId}/events',
    tag: 'Clinic desk',
    summary: 'Read a clinic’s log',
    description:
      'Every change of a booking in the order of the log. A page is never behind one that was read before; poll with the last `position` as `after`.',
    access: 'admin',
    params,
    query: Type.Object(
      {
        after: Type.Optional(
          Type.String({
            pattern: '^\\d{1,19}\\.\\d{1,18}$',
            'x-expected': 'the position of an event',
            description: 'Position of the last event read',
          }),
        ),
        newest: flag('The last ones, newest first, instead of a page to go on from; not with `after`'),
        limit: pageParameters.limit,
      },
      { additionalProperties: false },
    ),
    responses: { 200: { description: 'A page of events', schema: bookingEventPageSchema } },
    problems: ['clinic_not_found'],
  }),
  verifyClinic: operation({
    id: 'verifyClinic',
    method: 'GET',
    url: '/api/v1/clinics/{clinicId}/verify',
    tag: 'Clinic desk',
    summary: 'Recount and check everything booked in a clinic',
    access: 'admin',
    params,
    responses: { 200: { description: 'What was counted and what is wrong', schema: verifyReportSchema } },
    problems: ['clinic_not_found'],
  }),
}
