import Type, { type Static } from 'typebox'
import { id, time } from './fields.ts'
import { literals } from './literals.ts'
import { component } from './object.ts'
import { timeRefusal } from './time-refusal.ts'

/** How many bookings one request moves. */
const movesMax = 100

export const bookingMovesSchema = component('BookingMoves', {
  moves: Type.Array(
    component('WantedMove', { bookingId: id(), startsAt: time({ description: 'When it begins then' }) }),
    { minItems: 1, maxItems: movesMax },
  ),
  doctorId: Type.Optional(id({ description: 'All move to this doctor of the clinic. Absent: each keeps its doctor' })),
})

const bookingMoveSchema = component('BookingMove', {
  bookingId: Type.String({ format: 'uuid' }),
  outcome: literals(['free', 'moved', 'unchanged'], {
    description: '`unchanged`: it stays where it is. `free`: it can be moved (`dryRun`)',
  }),
  startsAt: Type.String({ format: 'date-time', description: 'The time wanted' }),
  ...timeRefusal,
})

export type BookingMoveBody = Static<typeof bookingMoveSchema>

export const bookingMovesDoneSchema = component('BookingMovesDone', {
  changes: Type.Array(bookingMoveSchema, { maxItems: movesMax, description: 'What became of each, in their order' }),
})
