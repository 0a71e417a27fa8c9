import { slotsToComeMax } from '@holdfast/vocabulary'
import Type, { type Static } from 'typebox'
import { problemCodes } from '../problems.ts'
import { bookingSchema, otherAppointmentSchema } from './booking.ts'
import { literals } from './literals.ts'
import { slotSchema } from './slot.ts'
import { bumpRefusalSchema, caseConflictSchema, caseSchema } from './theatre-case.ts'

const slotsToComeMaxText = slotsToComeMax.toLocaleString('en')

const fieldErrorSchema = Type.Object(
  {
    path: Type.String({
      description:
        'A JSON pointer into the body (`/slots/17/endsAt`), or `/query/…`, `/path/…` or `/headers/…` with the name',
    }),
    message: Type.String({ description: 'What was expected, and what was found' }),
  },
  { title: 'FieldError', additionalProperties: false },
)

/** One invalid field, and why it is invalid. */
export type FieldError = Static<typeof fieldErrorSchema>

/** RFC 9457, with a stable `code` and details that help to continue. */
export const problemSchema = Type.Object(
  {
    type: Type.String({ description: '`urn:holdfast:problem:` followed by the code' }),
    title: Type.String({ description: 'Always the same for a code' }),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    detail: Type.String({ description: 'What was wrong with this request, for people to read' }),
    instance: Type.Optional(Type.String({ description: 'The id of the request in the server’s log' })),
    code: literals(problemCodes, { title: 'ProblemCode' }),
    errors: Type.Optional(Type.Array(fieldErrorSchema, { description: 'Every invalid field' })),
    alternatives: Type.Optional(
      Type.Array(slotSchema, { maxItems: 3, description: '`slot_full`: slots that have enough free units' }),
    ),
    booking: Type.Optional(bookingSchema),
    otherAppointment: Type.Optional(otherAppointmentSchema),
    bookings: Type.Optional(Type.Integer({ description: '`slot_has_bookings`: the number of bookings' })),
    slots: Type.Optional(
      Type.Integer({
        description: `\`time_zone_in_use\`: how many slots are not over, counted up to ${slotsToComeMaxText}`,
      }),
    ),
    takenSlots: Type.Optional(
      Type.Integer({ description: '`time_zone_in_use`: how many of `slots` have bookings or cases' }),
    ),
    max: Type.Optional(Type.Integer({ description: '`too_many_bookings`, `too_many_units`: the limit of the clinic' })),
    capacity: Type.Optional(Type.Integer({ description: '`units_over_capacity`: the capacity of the slot' })),
    takenUnits: Type.Optional(
      Type.Integer({ description: '`capacity_in_use`: the units that bookings and holds of the slot take' }),
    ),
    conflicts: Type.Optional(
      Type.Array(caseConflictSchema, {
        description:
          'Everything that prevents a case; what cannot be overridden comes first. `units_in_use` and ' +
          '`resource_in_use`: the first 100 uses, by start',
      }),
    ),
    bumpRefusals: Type.Optional(Type.Array(bumpRefusalSchema, { description: '`bump_refused`: which cases, and why' })),
    remainingMinutes: Type.Optional(Type.Integer({ description: '`block_overrun`: what is left of the block' })),
    case: Type.Optional(caseSchema),
    usedMinutes: Type.Optional(Type.Integer({ description: '`minutes_in_use`: what cases take of the block' })),
    milestone: Type.Optional(Type.String({ description: '`milestone_missing`: which is, or would be, missing' })),
    inRoomAt: Type.Optional(
      Type.String({ format: 'date-time', description: '`room_occupied`: when the other patient came into the room' }),
    ),
    entryId: Type.Optional(
      Type.String({ description: '`already_waiting`: the entry on the waitlist, for members of the clinic' }),
    ),
    caseIds: Type.Optional(
      Type.Array(Type.String(), {
        description:
          '`theatre_patient_in_use`; `unavailable` of a block that was filled in part: the cases that are booked',
      }),
    ),
    requestIds: Type.Optional(Type.Array(Type.String(), { description: '`theatre_patient_in_use`' })),
  },
  { title: 'Problem', additionalProperties: false },
)

/** A problem document. */
export type Problem = Static<typeof problemSchema>
