import { listedDaysMax } from '@holdfast/vocabulary'
import Type from 'typebox'
import { flag, localDate, time } from '../schemas/fields.ts'
import { object } from '../schemas/object.ts'
import {
  createdSlotsSchema,
  newSlotsSchema,
  slotChangeSchema,
  slotListSchema,
  slotSchema,
  withdrawnSlotsSchema,
} from '../schemas/slot.ts'
import { created, notModified, operation, operationTable } from './operation.ts'

const from = localDate({ description: 'First day, in the clinic’s time zone' })
const to = localDate({ description: `Last day, inclusive; at most ${listedDaysMax} days in all` })
const startsFrom = Type.Optional(time({ description: 'Of these days, only slots that start at this time or later' }))
const startsBefore = Type.Optional(time({ description: 'Of these days, only slots that start before this time' }))
const dryRun = flag('Only reports what would happen')
const withBookings = flag('Bookings become FAILED with `slot_withdrawn`; otherwise they prevent the withdrawal')

export const slotOperations = operationTable('Slots', {
  listSlots: operation('GET /api/v1/doctors/{doctorId}/slots', {
    summary: 'List a doctor’s slots',
    description:
      'Ordered by start, without withdrawn ones. Without `onlyAvailable`, slots that patients cannot book are among ' +
      'them: full ones, those that have begun, and those that begin too soon or too far ahead. The ETag covers ' +
      '`items`. The slots of an inactive doctor are for members of the clinic, and none of them can be booked.',
    access: 'anyone',
    scope: 'times:read',
    query: object({ from, to, onlyAvailable: flag('Only slots that patients can book now') }),
    responses: {
      200: {
        description: 'The slots',
        schema: slotListSchema,
      },
      304: notModified,
    },
    cached: true,
  }),
  createSlots: operation('POST /api/v1/doctors/{doctorId}/slots', {
    summary: 'Create slots, from a list or from a rule',
    description:
      'At most 10,000, up to two years ahead, and those that have begun until their end. Slots that exist already ' +
      'are skipped, and keep the capacity that they have; those that overlap others are reported as conflicts. So ' +
      'the call is safe to repeat.',
    access: 'calendar',
    scope: 'directory:write',
    query: object({ dryRun }),
    body: newSlotsSchema,
    responses: created(
      'Slots were created',
      createdSlotsSchema,
      'No slots were created: a dry run, or there was nothing to create',
    ),
    audit: { kind: 'doctor_changed', subject: 'doctorId', details: ['slots created'] },
    example: {
      query: { dryRun: true },
      body: {
        rule: {
          from: '{day}',
          to: '{day}',
          weekdays: [1, 2, 3, 4, 5, 6, 7],
          startTime: '09:00',
          endTime: '10:00',
        },
      },
    },
  }),
  changeSlot: operation('PATCH /api/v1/slots/{slotId}', {
    summary: 'Change a slot’s capacity',
    description:
      'Until the slot ends, and never below the units that are taken. Units that are added are offered to the ' +
      'waitlist before anybody else sees them; to give one to a patient instead, see `addsPlaces` of ' +
      '`createBooking` and `rescheduleBooking`.',
    access: 'slot',
    scope: 'directory:write',
    body: slotChangeSchema,
    responses: { 200: { description: 'The changed slot', schema: slotSchema } },
    audit: { kind: 'doctor_changed', subject: 'slotId', details: ['capacity changed'] },
    example: { body: { capacity: 1 } },
    problems: ['slot_closed', 'capacity_in_use'],
  }),
  withdrawSlot: operation('DELETE /api/v1/slots/{slotId}', {
    summary: 'Withdraw a slot',
    access: 'slot',
    scope: 'directory:write',
    query: object({ withBookings, dryRun }),
    responses: { 200: { description: 'The slot is withdrawn', schema: withdrawnSlotsSchema } },
    audit: { kind: 'doctor_changed', subject: 'slotId', details: ['slots withdrawn'] },
    example: { query: { dryRun: true, withBookings: true } },
    problems: ['slot_has_bookings', 'slot_in_past'],
  }),
  withdrawSlotsOfDoctor: operation('DELETE /api/v1/doctors/{doctorId}/slots', {
    summary: 'Withdraw a doctor’s slots by days',
    description:
      'All or none of the slots of these days, or of some hours of them, that have not begun. Open sessions are ' +
      'closed at these times.',
    access: 'calendar',
    scope: 'directory:write',
    query: object({ from, to, startsFrom, startsBefore, withBookings, dryRun }),
    responses: { 200: { description: 'The slots are withdrawn', schema: withdrawnSlotsSchema } },
    audit: { kind: 'doctor_changed', subject: 'doctorId', details: ['slots withdrawn'] },
    example: { query: { from: '{day}', to: '{day}', dryRun: true } },
    problems: ['slot_has_bookings'],
  }),
})
