import Type from 'typebox'
import { auditEventPageSchema, auditKindSchema, exportSchema } from '../schemas/audit-event.ts'
import { csvEndsEarly, csvSeparator, id, localDate, pageParameters } from '../schemas/fields.ts'
import { object } from '../schemas/object.ts'
import { operation, operationTable } from './operation.ts'

const filters = {
  kind: Type.Optional(auditKindSchema),
  accountId: Type.Optional(id({ description: 'Only what this account did, or what was done to it' })),
}

const page = {
  limit: Type.Integer({ minimum: 1, maximum: 500, default: 50, description: 'The largest number of items to return' }),
  cursor: pageParameters.cursor,
}

const days = (zone: string) => ({
  from: Type.Optional(localDate({ description: `First day, ${zone}` })),
  to: Type.Optional(localDate({ description: 'Last day, inclusive' })),
})

const exported = `A CSV file with a row for each. Its columns keep their names, and times are in UTC. ${csvEndsEarly}`

export const auditEventOperations = operationTable('Security log', {
  listClinicAuditEvents: operation('GET /api/v1/clinics/{clinicId}/audit-events', {
    summary: 'Read a clinic’s security log',
    description:
      'Sign-ins and roles of its people, denials, reads of patients’ data, exports and changed settings; the newest ' +
      'first. Changes of bookings are in `GET /clinics/{id}/events`.',
    access: 'admin',
    scope: 'admin',
    query: object({ ...days('in the clinic’s time zone'), ...filters, ...page }),
    responses: { 200: { description: 'A page of events', schema: auditEventPageSchema } },
  }),
  listAuditEvents: operation('GET /api/v1/audit-events', {
    summary: 'Read the security log of the whole site',
    description:
      'The events of all clinics, and those that belong to none; the newest first. A session without a second factor ' +
      'gets none of clinics that require one.',
    access: 'site_administrator',
    query: object({ ...days('in UTC'), ...filters, ...page }),
    responses: { 200: { description: 'A page of events', schema: auditEventPageSchema } },
    clinic: 'none',
  }),
  exportClinicAuditEvents: operation('GET /api/v1/clinics/{clinicId}/audit-events.csv', {
    summary: 'Export a clinic’s security log',
    description: `All events that \`listClinicAuditEvents\` lists with the same filters. ${exported}`,
    access: 'admin',
    scope: 'admin',
    query: object({ ...days('in the clinic’s time zone'), ...filters, separator: csvSeparator }),
    responses: { 200: { description: 'The events', mediaType: 'text/csv', schema: Type.String() } },
    audit: { kind: 'data_exported', byHandler: true },
  }),
  exportAuditEvents: operation('GET /api/v1/audit-events.csv', {
    summary: 'Export the security log of the whole site',
    description: `All events that \`listAuditEvents\` lists with the same filters. ${exported}`,
    access: 'site_administrator',
    query: object({ ...days('in UTC'), ...filters, separator: csvSeparator }),
    responses: { 200: { description: 'The events', mediaType: 'text/csv', schema: Type.String() } },
    clinic: 'none',
    audit: { kind: 'data_exported', byHandler: true },
  }),
  recordExport: operation('POST /api/v1/clinics/{clinicId}/exports', {
    summary: 'Record an export in the security log',
    description: 'For programs that store what they have read in a file. Reads and CSV files are recorded without it.',
    access: 'member',
    body: exportSchema,
    responses: { 204: { description: 'The export is recorded' } },
    audit: { kind: 'data_exported' },
    example: { body: { what: 'bookings', rows: 1 } },
  }),
})
