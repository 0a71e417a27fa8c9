import { listedDaysMax } from '@holdfast/vocabulary'
import { blockedSlotsSchema, busyCalendarStateSchema, newBusyCalendarSchema } from '../schemas/busy-calendar.ts'
import { localDate } from '../schemas/fields.ts'
import { object } from '../schemas/object.ts'
import { operation, operationTable } from './operation.ts'

export const busyCalendarOperations = operationTable('Calendars', {
  setBusyCalendar: operation('PUT /api/v1/doctors/{doctorId}/busy-calendar', {
    summary: 'Block a doctor’s free places by an external calendar',
    description:
      'The calendar is read within a minute, and then every 15 minutes. Free places that overlap its busy times are ' +
      'neither offered nor booked (`slot_closed`). Events that are cancelled or shown as free do not count. Bookings ' +
      'in these times stay, and are listed as conflicts. A new URL replaces the former. The calendar is removed when ' +
      'the doctor is deactivated, and when the last account whose role is this doctor loses it.',
    access: 'calendar_owner',
    body: newBusyCalendarSchema,
    responses: { 200: { description: 'The calendar', schema: busyCalendarStateSchema } },
    // A stored response has a digest of the request, and so of the URL.
    retry: 'runs again',
    audit: { kind: 'clinic_changed', subject: 'doctorId', details: ['busy calendar set'] },
    example: { body: { url: 'https://calendar.example.org/a.ics' } },
  }),
  getBusyCalendar: operation('GET /api/v1/doctors/{doctorId}/busy-calendar', {
    summary: 'Read a doctor’s external calendar and its conflicts',
    access: 'calendar_owner',
    responses: { 200: { description: 'The calendar, if there is one', schema: busyCalendarStateSchema } },
    audit: { kind: 'bookings_read', details: ['busy calendar'] },
  }),
  deleteBusyCalendar: operation('DELETE /api/v1/doctors/{doctorId}/busy-calendar', {
    summary: 'Remove a doctor’s external calendar',
    description: 'What it has blocked is free again.',
    access: 'calendar_owner',
    responses: { 204: { description: 'There is none any more' } },
    audit: { kind: 'clinic_changed', subject: 'doctorId', details: ['busy calendar removed'] },
  }),
  listBlockedSlots: operation('GET /api/v1/doctors/{doctorId}/blocked-slots', {
    summary: 'List the slots that are blocked, and why',
    description: `By an external calendar or a closure. At most ${listedDaysMax} days.`,
    access: 'calendar',
    scope: 'times:read',
    query: object({
      from: localDate({ description: 'First day of the slot’s start, in the clinic’s zone' }),
      to: localDate({ description: 'Last day, inclusive' }),
    }),
    responses: { 200: { description: 'The slots', schema: blockedSlotsSchema } },
    example: { query: { from: '{day}', to: '{day}' } },
  }),
})
