import { lengths, yearDaysMax } from '@holdfast/vocabulary'
import Type from 'typebox'
import { csvSeparator, id, line, localDate, longPageParameters, searchText } from '../schemas/fields.ts'
import { object } from '../schemas/object.ts'
import { theatreBoardSchema } from '../schemas/theatre-board.ts'
import { urgencySchema } from '../schemas/theatre-case.ts'
import { theatreReportSchema } from '../schemas/theatre-report.ts'
import {
  caseRequestChangeSchema,
  caseRequestListSchema,
  caseRequestSchema,
  caseRequestStatusSchema,
  durationEstimateSchema,
  newCaseRequestSchema,
  suggestionQuerySchema,
  suggestionsSchema,
} from '../schemas/theatre-request.ts'
import { changesNothing } from './audit.ts'
import { created, operation, operationTable } from './operation.ts'

const reportQuery = object({
  from: localDate({ description: 'First day, in the clinic’s time zone' }),
  to: localDate({ description: `Last day, inclusive; at most ${yearDaysMax} days in all` }),
  graceMinutes: Type.Integer({
    minimum: 0,
    maximum: 60,
    default: 5,
    description: 'A first case that is in the room so much later is still on time',
  }),
  turnoverMinutesMax: Type.Integer({
    minimum: 1,
    maximum: 1_440,
    default: 90,
    description: 'A longer time between two cases of a room is idle, and no turnover',
  }),
  releaseDays: Type.Integer({
    minimum: 0,
    maximum: 60,
    default: 7,
    description: 'So many days before its start, an unused block should have been released',
  }),
})

/** The board, the waitlist and the reports. */
export const theatrePlanningOperations = operationTable('Operating theatre', {
  getTheatre: operation('GET /api/v1/clinics/{clinicId}/theatre', {
    summary: 'Read the board: rooms, blocks and cases of a day or a week',
    description:
      'Doctors get the cases of which they are the surgeon, and of all others only when rooms, surgeons, ' +
      'anaesthetists and equipment are busy. A case that runs over midnight, by its plan or because it is late, is ' +
      'on the boards of both days, and so is one that began before midnight although it was planned after it.',
    access: 'member',
    scope: 'bookings:read',
    restrictedResponse: 'cases',
    query: object({
      date: localDate({ description: 'The first day, in the clinic’s time zone' }),
      days: Type.Integer({ minimum: 1, maximum: 14, default: 1, description: 'How many days' }),
    }),
    responses: { 200: { description: 'The board', schema: theatreBoardSchema } },
    audit: { kind: 'bookings_read', details: ['theatre'] },
    example: { query: { date: '{day}' } },
  }),
  suggestCaseTimes: operation('POST /api/v1/clinics/{clinicId}/theatre/suggest', {
    summary: 'Find times for a case',
    description:
      'Books nothing: what it finds can be taken a moment later. Without an urgency, the case is elective. A POST ' +
      'because the record number of a patient must not be in a URL, which proxies log.',
    access: 'clinic_staff',
    scope: 'bookings:write',
    body: suggestionQuerySchema,
    responses: { 200: { description: 'Times, and why other days have none', schema: suggestionsSchema } },
    // The request may have a record number: no digest of it is stored.
    retry: 'runs again',
    audit: changesNothing,
    example: {
      body: { from: '{day}', to: '{day}', needs: { minutes: 30, service: 'X', surgeonId: '{doctorId}' } },
    },
    problems: ['case_not_found', 'case_request_not_found', 'theatre_resource_not_found', 'theatre_resource_inactive'],
  }),
  estimateCaseDuration: operation('GET /api/v1/clinics/{clinicId}/theatre/estimate', {
    summary: 'Estimate a duration from completed cases',
    access: 'member',
    scope: 'bookings:read',
    restrictedField: 'query.surgeonId',
    query: object({ procedureCode: line(lengths.code), surgeonId: Type.Optional(id()) }),
    responses: { 200: { description: 'The estimate', schema: durationEstimateSchema } },
    example: { query: { procedureCode: '1' } },
  }),
  getTheatreReport: operation('GET /api/v1/clinics/{clinicId}/theatre/report', {
    summary: 'Read the theatre’s figures',
    access: 'admin',
    scope: 'admin',
    query: reportQuery,
    responses: { 200: { description: 'In all, and by room, service, surgeon and day', schema: theatreReportSchema } },
    example: { query: { from: '{day}', to: '{day}' } },
  }),
  exportTheatreReport: operation('GET /api/v1/clinics/{clinicId}/theatre/report.csv', {
    summary: 'Export the theatre’s figures',
    description: 'The same figures as a CSV file: a row for the total and for each room, service, surgeon and day.',
    access: 'admin',
    scope: 'admin',
    query: object({ ...reportQuery.properties, separator: csvSeparator }),
    responses: { 200: { description: 'The figures', mediaType: 'text/csv', schema: Type.String() } },
    audit: { kind: 'data_exported', details: ['theatre_report'] },
    example: { query: { from: '{day}', to: '{day}' } },
  }),
  listCaseRequests: operation('GET /api/v1/clinics/{clinicId}/case-requests', {
    summary: 'List the waitlist',
    description: 'Doctors get the requests of which they are the surgeon.',
    access: 'member',
    scope: 'bookings:read',
    restrictedResponse: 'items',
    query: object({
      status: Type.Optional(caseRequestStatusSchema),
      q: Type.Optional(
        searchText({
          description:
            'Words that are parts of the service, the procedure or its code, the patient’s name or record number, ' +
            'or the note',
        }),
      ),
      service: Type.Optional(searchText({ description: 'Part of the service’s name' })),
      surgeonId: Type.Optional(id()),
      urgency: Type.Optional(urgencySchema),
      dueUntil: Type.Optional(localDate({ description: 'Due on this day or before' })),
      ...longPageParameters,
    }),
    responses: { 200: { description: 'The requests', schema: caseRequestListSchema } },
    audit: { kind: 'bookings_read' },
  }),
  createCaseRequest: operation('POST /api/v1/clinics/{clinicId}/case-requests', {
    summary: 'Request a case',
    description:
      'It waits until somebody of the theatre’s staff books a case for it. Of a patient whom the clinic knows, ' +
      'doctors have to send the stored name and birth date.',
    access: 'member',
    scope: 'bookings:write',
    restrictedField: 'body.surgeonId',
    body: newCaseRequestSchema,
    responses: created('The request', caseRequestSchema, 'A retry: the request as it is now'),
    retry: 'in the transaction',
    audit: { kind: 'case_request_created', subject: 'response' },
    auditRepeated: { kind: 'booking_read', subject: 'response' },
    example: {
      body: {
        patient: { mrn: 'M-3', name: 'Eve' },
        service: 'X',
        procedure: { code: '1', display: 'X' },
        minutes: 30,
      },
    },
    problems: ['theatre_resource_not_found', 'patient_mismatch'],
  }),
  getCaseRequest: operation('GET /api/v1/case-requests/{requestId}', {
    summary: 'Read a request',
    access: 'case_request',
    scope: 'bookings:read',
    responses: { 200: { description: 'The request', schema: caseRequestSchema } },
    audit: { kind: 'booking_read', subject: 'requestId' },
  }),
  changeCaseRequest: operation('PATCH /api/v1/case-requests/{requestId}', {
    summary: 'Correct a request',
    description:
      'An open one; its patient stays. Send the version that you have read: the change of somebody else is not ' +
      'overwritten. What is not sent, stays. What is named anew has to take new cases. If the request has all of it ' +
      'already: 200, unchanged.',
    access: 'case_request',
    scope: 'bookings:write',
    restrictedField: 'body.surgeonId',
    body: caseRequestChangeSchema,
    responses: { 200: { description: 'The request as it is then', schema: caseRequestSchema } },
    // A stored response would have the patient.
    retry: 'runs again',
    audit: { kind: 'case_request_changed', subject: 'requestId' },
    auditRepeated: { kind: 'booking_read', subject: 'requestId' },
    example: { body: { version: 1, roomId: null } },
    problems: [
      'case_request_scheduled',
      'case_request_changed',
      'theatre_resource_not_found',
      'theatre_resource_inactive',
    ],
  }),
  withdrawCaseRequest: operation('DELETE /api/v1/case-requests/{requestId}', {
    summary: 'Withdraw a request',
    description: 'An open one. If it has been done already: 204.',
    access: 'case_request',
    scope: 'bookings:write',
    responses: { 204: { description: 'The request is withdrawn' } },
    audit: { kind: 'case_request_withdrawn', subject: 'requestId' },
    problems: ['case_request_scheduled'],
  }),
})
