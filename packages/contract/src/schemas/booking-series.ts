import { lengths, seriesLimits, seriesUnits } from '@holdfast/vocabulary'
import Type, { type Static } from 'typebox'
import { bookingSchema, patientSchema, refuseOverlap } from './booking.ts'
import { appointmentTypeSchema } from './doctor.ts'
import { id, integerWithin, localDate, nullableTime, paragraph, time } from './fields.ts'
import { literals } from './literals.ts'
import { component } from './object.ts'
import { timeRefusal } from './time-refusal.ts'
import { sentAnswersSchema } from './visit-question.ts'

const { daysMax, every, visitsMax } = seriesLimits

const number = (description: string) => Type.Integer({ minimum: 1, maximum: visitsMax, description })

const localTime = { pattern: '^([01]\\d|2[0-3]):[0-5]\\d$', 'x-expected': 'a time such as 09:30' }

const seriesDateSchema = component('SeriesDate', {
  number: number('The date’s place in the rule'),
  date: Type.String({ format: 'date', description: 'In the clinic’s time zone; of a replacement, the one replaced' }),
  startsAt: nullableTime({ description: 'null: there is no such time on that day' }),
  outcome: literals(['free', 'booked', 'refused', 'left_out']),
  ...timeRefusal,
})

export type SeriesDateBody = Static<typeof seriesDateSchema>

export const seriesDatesSchema = Type.Array(seriesDateSchema, { maxItems: visitsMax, description: 'by their numbers' })

export const newSeriesSchema = component('NewBookingSeries', {
  doctorId: id(),
  visitTypeId: Type.Optional(id({ description: 'What is booked in open sessions. Absent: fixed slots are booked' })),
  startsAt: time({ description: 'When the first visit begins; the others begin at the same time on the clock' }),
  every: Type.Integer({ ...integerWithin(every), description: 'So many days or weeks from one visit to the next' }),
  unit: literals(seriesUnits),
  count: Type.Optional(number('How many dates. Required, unless `until` is there')),
  until: Type.Optional(localDate({ description: `The last day, inclusive; at most ${daysMax} days after the first` })),
  mode: Type.Optional(
    literals(['all', 'fitting'], {
      default: 'all',
      description: '`all`: nothing is booked unless all dates are free. `fitting`: those that are free',
    }),
  ),
  replacements: Type.Optional(
    Type.Array(component('SeriesReplacement', { number: number('Of the date that is replaced'), startsAt: time() }), {
      maxItems: visitsMax,
      description: 'Other times, such as `alternatives`, instead of those of the rule',
    }),
  ),
  without: Type.Optional(
    Type.Array(number('Of a date'), { maxItems: visitsMax, uniqueItems: true, description: 'Dates that are left out' }),
  ),
  appointmentType: Type.Optional(appointmentTypeSchema),
  patient: Type.Optional(patientSchema),
  patientId: Type.Optional(id({ description: 'As in `createBooking`' })),
  formerBookingId: Type.Optional(id({ description: 'As in `createBooking`' })),
  reason: Type.Optional(paragraph(lengths.reason, { description: 'Reason for the visits' })),
  answers: Type.Optional(sentAnswersSchema),
  refuseOverlap,
})

export type NewSeriesBody = Static<typeof newSeriesSchema>

const rule = {
  clinicId: Type.String({ format: 'uuid' }),
  every: Type.Integer(),
  unit: literals(seriesUnits),
  total: Type.Integer({ description: 'How many visits were booked' }),
  createdAt: Type.String({ format: 'date-time' }),
}

const items = Type.Array(bookingSchema, {
  maxItems: visitsMax,
  description:
    'The visits that you have access to, by their numbers in the series. Those that were erased or archived are ' +
    'missing',
})

export const seriesSchema = component('BookingSeries', { id: Type.String({ format: 'uuid' }), ...rule, items })

export const createdSeriesSchema = component('CreatedBookingSeries', {
  id: Type.Union([Type.String({ format: 'uuid' }), Type.Null()], {
    description: 'null: nothing was booked (`dryRun`)',
  }),
  dates: seriesDatesSchema,
  items,
})

const fromNumber = Type.Optional(number('Only visits from this number on. Default: all'))

export const seriesCancellationSchema = component('SeriesCancellation', {
  fromNumber,
  reason: Type.Optional(paragraph(lengths.reason)),
})

export const seriesMoveSchema = component('SeriesMove', {
  fromNumber,
  days: Type.Integer({ minimum: -366, maximum: 366, description: 'By so many days, in the clinic’s time zone' }),
  time: Type.Optional(
    Type.String({ ...localTime, description: 'The time on the clock then. Absent: as it is of each visit' }),
  ),
})

const seriesChangeSchema = component('SeriesChange', {
  number: number('Of the visit'),
  bookingId: Type.String({ format: 'uuid' }),
  outcome: literals(['free', 'moved', 'cancelled', 'unchanged'], {
    description: '`unchanged`: it stays as it is, and where it is. `free`: it can be moved (`dryRun`)',
  }),
  startsAt: nullableTime({ description: 'Of a move: the time wanted; null: there is no such time, or it is no move' }),
  ...timeRefusal,
})

export type SeriesChangeBody = Static<typeof seriesChangeSchema>

export const changedSeriesSchema = component('ChangedBookingSeries', {
  id: Type.String({ format: 'uuid' }),
  ...rule,
  items,
  changes: Type.Array(seriesChangeSchema, { maxItems: visitsMax, description: 'What became of each visit' }),
})
