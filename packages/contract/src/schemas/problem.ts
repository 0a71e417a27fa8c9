import Type, { type Static } from 'typebox'
import { problemCodes } from '../problems.ts'
import { bookingSchema } from './booking.ts'
import { literals } from './literals.ts'
import { slotSchema } from './slot.ts'

const fieldErrorSchema = Type.Object(
  {
    path: Type.String({
      description:
        'Where: a JSON pointer into the body (`/slots/17/endsAt`), or `/query/…`, `/path/…`, `/headers/…` and the name',
    }),
    message: Type.String({ description: 'What was expected there, and what was found' }),
  },
  { title: 'FieldError', additionalProperties: false },
)

/** One field that was refused, and why. */
export type FieldError = Static<typeof fieldErrorSchema>

/** RFC 9457, with our stable `code` and what helps to go on. */
export const problemSchema = Type.Object(
  {
    type: Type.String({ description: '`urn:holdfast:problem:` and the code' }),
    title: Type.String({ description: 'Always the same for a code' }),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    detail: Type.String({ description: 'What was wrong this time, for people' }),
    instance: Type.Optional(Type.String({ description: 'The id of the request, as the server’s log knows it' })),
    code: literals(problemCodes, { title: 'ProblemCode' }),
    errors: Type.Optional(
      Type.Array(fieldErrorSchema, { description: '`invalid_request`: each field that was refused' }),
    ),
    alternatives: Type.Optional(Type.Array(slotSchema, { maxItems: 3, description: '`slot_full`: slots with room' })),
    booking: Type.Optional(bookingSchema),
    bookings: Type.Optional(Type.Integer({ description: '`slot_has_bookings`: how many' })),
    capacity: Type.Optional(Type.Integer({ description: '`units_over_capacity`: what the slot could hold' })),
  },
  { title: 'Problem', additionalProperties: false },
)

/** A problem document. */
export type Problem = Static<typeof problemSchema>
