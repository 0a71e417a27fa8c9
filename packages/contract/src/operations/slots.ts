import Type from 'typebox'
import { flag, id, localDate } from '../schemas/fields.ts'
import { createdSlotsSchema, newSlotsSchema, slotListSchema, withdrawnSlotsSchema } from '../schemas/slot.ts'
import { notModified, operation } from './operation.ts'

const doctorParams = Type.Object({ doctorId: id() }, { additionalProperties: false })
const from = localDate({ description: 'First day, in the clinic’s zone' })
const to = localDate({ description: 'Last day, included; at most 62 days in all' })
const dryRun = flag('Only tells what would happen')
const withBookings = flag('Bookings on it become FAILED with `slot_withdrawn` instead of refusing the withdrawal')

export const slotOperations = {
  listSlots: operation({
    id: 'listSlots',
    method: 'GET',
    url: '/api/v1/doctors/{doctorId}/slots',
    tag: 'Slots',
    summary: 'List a doctor’s slots',
    description:
      'By start. Full ones are listed, withdrawn ones not. The ETag covers `items`; send it back as If-None-Match.',
    access: 'anyone',
    params: doctorParams,
    query: Type.Object(
      { from, to, onlyAvailable: flag('Only those that can be booked now') },
      { additionalProperties: false },
    ),
    responses: {
      200: {
        description: 'The slots',
        schema: slotListSchema,
      },
      304: notModified,
    },
    cached: true,
    problems: ['doctor_not_found'],
  }),
  createSlots: operation({
    id: 'createSlots',
    method: 'POST',
    url: '/api/v1/doctors/{doctorId}/slots',
    tag: 'Slots',
    summary: 'Make slots, one by one or by a rule',
    description:
      'At most 10,000, up to two years ahead. What exists already is skipped, what overlaps is told as a conflict, so it is safe to repeat.',
    access: 'calendar',
    params: doctorParams,
    query: Type.Object({ dryRun }, { additionalProperties: false }),
    body: newSlotsSchema,
    responses: {
      201: { description: 'Slots were made', schema: createdSlotsSchema },
      200: { description: 'Nothing was made: a dry run, or nothing to make', schema: createdSlotsSchema },
    },
    problems: ['doctor_not_found'],
  }),
  withdrawSlot: operation({
    id: 'withdrawSlot',
    method: 'DELETE',
    url: '/api/v1/slots/{slotId}',
    tag: 'Slots',
    summary: 'Withdraw a slot',
    access: 'slot',
    params: Type.Object({ slotId: id() }, { additionalProperties: false }),
    query: Type.Object({ withBookings, dryRun }, { additionalProperties: false }),
    responses: { 200: { description: 'It is withdrawn', schema: withdrawnSlotsSchema } },
    problems: ['slot_not_found', 'slot_has_bookings', 'slot_in_past'],
  }),
  withdrawSlotsOfDoctor: operation({
    id: 'withdrawSlotsOfDoctor',
    method: 'DELETE',
    url: '/api/v1/doctors/{doctorId}/slots',
    tag: 'Slots',
    summary: 'Withdraw a doctor’s days',
    description: 'All or none: every slot of these days that has not begun.',
    access: 'calendar',
    params: doctorParams,
    query: Type.Object({ from, to, withBookings, dryRun }, { additionalProperties: false }),
    responses: { 200: { description: 'They are withdrawn', schema: withdrawnSlotsSchema } },
    problems: ['doctor_not_found', 'slot_has_bookings'],
  }),
}
