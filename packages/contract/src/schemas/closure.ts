import { lengths, slotsToComeMax, yearDaysMax } from '@holdfast/vocabulary'
import Type from 'typebox'
import { bookingSchema } from './booking.ts'
import { concernedCases } from './concerned-cases.ts'
import { flag, id, nullableId, nullableLine, pageOf, pageParameters, time } from './fields.ts'
import { literals } from './literals.ts'
import { component, object } from './object.ts'

/** A day, or a local time of day on it. */
const localMoment = (description: string) =>
  Type.String({
    pattern: '^(19|20|21)\\d\\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])(T([01]\\d|2[0-3]):[0-5]\\d)?$',
    examples: ['2026-12-24'],
    'x-expected': 'a day like 2026-12-24, or a local time like 2026-12-24T13:00',
    description,
  })

const from = localMoment('The first day, or the local time at which it begins')
const to = localMoment(
  `The last day, which is closed too, or the local time at which it ends: at most ${yearDaysMax} days after the start`,
)
const yearly = Type.Boolean({
  description: 'It is one day, which is closed each year from then on. 29 February is closed in leap years alone',
})
const note = nullableLine(lengths.closureNote, { description: 'For the clinic’s people alone' })

export const newClosureSchema = component('NewClosure', {
  from,
  to,
  doctorId: Type.Optional(
    id({ description: 'Absent: the whole clinic, that is all of its doctors; for doctors, themselves' }),
  ),
  resourceId: Type.Optional(
    id({ description: 'Instead of `doctorId`: a room or device that visits take. Only for admins and staff' }),
  ),
  yearly: Type.Optional(yearly),
  note: Type.Optional(note),
})

export const closureChangeSchema = Type.Object(
  { from: Type.Optional(from), to: Type.Optional(to), note: Type.Optional(note) },
  { title: 'ClosureChange', additionalProperties: false, minProperties: 1 },
)

const closureFields = {
  id: Type.String({ format: 'uuid' }),
  doctorId: nullableId({ description: 'null: the whole clinic, or a room or device' }),
  resourceId: nullableId({ description: 'The room or device that is closed; null: a doctor or the clinic is' }),
  from,
  to,
  yearly,
  note,
  createdAt: time(),
  isApplied: Type.Boolean({
    description: 'Whether all slots are blocked and freed as it says; false: the rest follows within minutes',
  }),
}

export const closureSchema = component('Closure', closureFields)

const listedClosureSchema = component('ListedClosure', {
  ...closureFields,
  times: Type.Array(component('ClosedTime', { startsAt: time(), endsAt: time() }), {
    description: 'When it is, of the days that were requested',
  }),
})

export const closurePageSchema = pageOf(listedClosureSchema, 'ClosurePage')

/** A count that pages after the first one lack. */
const firstCount = (description: string) =>
  Type.Optional(Type.Integer({ description: `${description}. Only on the first page` }))

export const closureEffectSchema = component('ClosureEffect', {
  slots: firstCount(`Slots to come at these times, counted up to ${slotsToComeMax.toLocaleString('en')}`),
  blockedSlots: firstCount('Those that a closure or an external calendar blocks already'),
  takenSlots: firstCount('Those with places that are booked or held'),
  takenUnits: firstCount('How many places in them are booked or held'),
  sessions: firstCount('Open sessions at these times that are not over'),
  ...concernedCases('Only on the first page, and none of the whole clinic’s closures'),
  bookings: pageOf(bookingSchema, 'ClosedBookings'),
})

export const newClosureQuery = object({ dryRun: flag('Only reports what it would concern'), ...pageParameters })

const named = (title: string) => component(title, { code: Type.String(), name: Type.String() })

const publicHolidaySchema = component('PublicHoliday', {
  from,
  to,
  name: Type.String({ maxLength: lengths.closureNote }),
  hasFixedDate: Type.Boolean({ description: 'It is on the same date each year, so that it may be closed yearly' }),
  isClosed: Type.Boolean({ description: 'The clinic is closed then already' }),
})

export const publicHolidaysSchema = component('PublicHolidays', {
  countries: Type.Array(named('HolidayCountry'), { description: 'Those whose holidays are known' }),
  regions: Type.Array(named('HolidayRegion'), { description: 'Those of the country that was requested' }),
  items: Type.Array(publicHolidaySchema, { description: 'By day; none without a country' }),
})

export const publicHolidaysQuery = object({
  year: Type.Integer({ minimum: 2000, maximum: 2199 }),
  country: Type.Optional(
    Type.String({ pattern: '^[A-Z]{2}$', examples: ['DE'], 'x-expected': 'a country like DE (ISO 3166-1)' }),
  ),
  region: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9-]{1,20}$',
      examples: ['BY'],
      'x-expected': 'the code of a region of the country, like BY',
    }),
  ),
  language: literals(['en', 'de', 'ar'], { default: 'en', description: 'Of names, where it is known' }),
})
