import Type from 'typebox'
import { bookingSchema } from './booking.ts'
import { nullableTime, time } from './fields.ts'
import { nullableLiterals } from './literals.ts'

export const newBusyCalendarSchema = Type.Object(
  {
    url: Type.String({
      minLength: 8,
      maxLength: 2000,
      description: 'An iCal address (`https` or `webcal`). It is stored encrypted, and not shown again',
      examples: ['https://calendar.example.org/private-abc/basic.ics'],
    }),
  },
  { title: 'NewBusyCalendar', additionalProperties: false },
)

export const busyCalendarFailures = ['url_lost', 'refused', 'unreachable', 'status', 'invalid', 'too_large'] as const

const busyCalendarSchema = Type.Object(
  {
    host: Type.Union([Type.String(), Type.Null()], {
      description: 'The host of the URL; null: the server’s secret was replaced, so that the URL has to be set again',
    }),
    createdAt: time(),
    readAt: nullableTime({ description: 'When it was read for the last time; null: not yet' }),
    failingSince: nullableTime({ description: 'Since when it cannot be read; null: it can' }),
    reason: nullableLiterals(busyCalendarFailures, {
      description:
        'Why it cannot be read. url_lost: the server’s secret was replaced, so that the URL has to be set again. ' +
        'refused: the server’s rules allow no request to this address, or to where it redirects. ' +
        'null: it can be read, or this was recorded by an earlier release',
    }),
    problem: Type.Union([Type.String(), Type.Null()], { description: 'The same more exactly, in English' }),
    leftOut: Type.Integer({
      minimum: 0,
      description: 'How many of its events could not be read when it was read last. They block nothing',
    }),
  },
  { title: 'BusyCalendar', additionalProperties: false },
)

export const busyCalendarStateSchema = Type.Object(
  {
    calendar: Type.Union([busyCalendarSchema, Type.Null()], { description: 'null: the doctor has none' }),
    conflicts: Type.Array(bookingSchema, {
      description: 'The first 50 live bookings in blocked slots, by start. They are not changed',
    }),
  },
  { title: 'BusyCalendarState', additionalProperties: false },
)

export const blockedSlotsSchema = Type.Object(
  { slotIds: Type.Array(Type.String({ format: 'uuid' })) },
  { title: 'BlockedSlots', additionalProperties: false },
)
