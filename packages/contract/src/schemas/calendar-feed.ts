import { messageLanguages } from '@holdfast/vocabulary'
import Type from 'typebox'
import { nullableTime } from './fields.ts'
import { literals } from './literals.ts'

export const newCalendarFeedSchema = Type.Object(
  { language: Type.Optional(literals(messageLanguages, { default: 'en', description: 'Of the texts in the feed' })) },
  { title: 'NewCalendarFeed', additionalProperties: false },
)

export const calendarFeedUrlSchema = Type.Object(
  {
    url: Type.String({
      description: 'Whoever has it can read the calendar. It is shown once: only a hash of it is stored',
    }),
  },
  { title: 'CalendarFeedUrl', additionalProperties: false },
)

const createdAt = nullableTime({ description: 'Since when there is a feed; null: there is none' })

export const calendarFeedSchema = Type.Object({ createdAt }, { title: 'CalendarFeed', additionalProperties: false })

const patientNames = Type.Boolean({
  description: 'Whether the feeds of the clinic and of its doctors name the patients; a setting of the clinic',
})

export const clinicCalendarFeedSchema = Type.Object(
  { createdAt, patientNames },
  { title: 'ClinicCalendarFeed', additionalProperties: false },
)

export const calendarFeedChangeSchema = Type.Object(
  { patientNames },
  { title: 'CalendarFeedChange', additionalProperties: false },
)
