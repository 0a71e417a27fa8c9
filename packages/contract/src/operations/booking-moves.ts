import { bookingMovesDoneSchema, bookingMovesSchema } from '../schemas/booking-moves.ts'
import { flag } from '../schemas/fields.ts'
import { object } from '../schemas/object.ts'
import { inEventLog } from './audit.ts'
import { operation, operationTable } from './operation.ts'

export const bookingMoveOperations = operationTable('Bookings', {
  moveBookings: operation('POST /api/v1/clinics/{clinicId}/booking-moves', {
    summary: 'Move several bookings to other times',
    description:
      'Such as all of an afternoon, half an hour later. They move one after the other, so that each leaves its time ' +
      'before another enters it; they do not swap their times. Those whose new time is not free keep theirs, and are ' +
      'listed in `changes`, with free times near it. Visits keep their types. `dryRun` looks at the times. It takes ' +
      'a room or device for taken that another of these bookings leaves, and may not see that one is taken where ' +
      'the doctor’s time is left by another of them. Each patient gets one message. A ' +
      'retry moves what was not moved, and nothing twice. Moving them back undoes it.',
    access: 'clinic_staff',
    scope: 'bookings:write',
    query: object({ dryRun: flag('Looks at the times, and moves nothing') }),
    body: bookingMovesSchema,
    responses: { 200: { description: 'What became of each booking', schema: bookingMovesDoneSchema } },
    retry: 'runs again',
    audit: inEventLog,
    example: {
      query: { dryRun: true },
      body: { moves: [{ bookingId: '{bookingId}', startsAt: '{day}T09:00:00Z' }] },
    },
    problems: ['booking_not_found', 'doctor_not_found', 'visit_type_not_found'],
  }),
})
