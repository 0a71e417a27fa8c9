import { lengths } from '@holdfast/vocabulary'
import Type from 'typebox'
import { bookingSchema } from './booking.ts'
import { nullableText, nullableTime, time } from './fields.ts'
import { literals, nullableLiterals } from './literals.ts'
import { component } from './object.ts'

export const newBusyCalendarSchema = component('NewBusyCalendar', {
  url: Type.String({
    minLength: 8,
    maxLength: lengths.url,
    description: 'An iCal address (`https` or `webcal`). It is stored encrypted, and not shown again',
    examples: ['https://calendar.example.org/private-abc/basic.ics'],
  }),
})

export const busyCalendarFailures = ['url_lost', 'refused', 'unreachable', 'status', 'invalid', 'too_large'] as const

export const leftOutReasons = ['unknown_zone', 'no_length', 'reversed', 'rule', 'too_frequent', 'unreadable'] as const

const leftOutEventsSchema = component('LeftOutEvents', {
  reason: literals(leftOutReasons, {
    description:
      'unknown_zone: their times are in a time zone that is not known. no_length: they end when they start. ' +
      'reversed: they end before they start. rule: their repetition is not understood. too_frequent: they repeat ' +
      'too often, or their repetition takes too long to calculate; both block their first times. unreadable: ' +
      'no valid event',
  }),
  detail: Type.Union([Type.String(), Type.Null()], { description: 'unknown_zone: the name of the time zone' }),
  count: Type.Integer({ minimum: 1 }),
})

const busyCalendarSchema = component('BusyCalendar', {
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
      'null: it can be read',
  }),
  problem: Type.Union([Type.String(), Type.Null()], { description: 'The same more exactly, in English' }),
  leftOut: Type.Integer({
    minimum: 0,
    description: 'How many of its events were not understood when it was read last. They block nothing, or too little',
  }),
  leftOutEvents: Type.Array(leftOutEventsSchema, {
    maxItems: 10,
    description: 'Why, the more frequent reasons first',
  }),
  emptySince: nullableTime({
    description:
      'It had busy times to come, and none when it was read then. They stay blocked until it is read a second ' +
      'time and still has none. null: it has some, or never had any',
  }),
  emptiedAt: nullableTime({
    description:
      'Since when nothing is blocked, because it has no busy times any more; null: it has some, or never had any',
  }),
})

export const busyCalendarStateSchema = component('BusyCalendarState', {
  calendar: Type.Union([busyCalendarSchema, Type.Null()], { description: 'null: the doctor has none' }),
  conflicts: Type.Array(bookingSchema, {
    description: 'The first 50 live bookings in blocked slots, by start. They are not changed',
  }),
})

export const blockedSlotsSchema = component('BlockedSlots', {
  items: Type.Array(
    component('BlockedSlot', {
      slotId: Type.String({ format: 'uuid' }),
      cause: literals(['clinic_closure', 'doctor_closure', 'external_calendar'], {
        description: 'A closure is named before an external calendar',
      }),
      note: nullableText({ description: 'That of the closure' }),
    }),
  ),
})
