import { messageLanguages } from '@holdfast/vocabulary'
import Type from 'typebox'
import { passwordAgain } from './account.ts'
import { nullableTime } from './fields.ts'
import { literals } from './literals.ts'
import { component } from './object.ts'

export const newCalendarFeedSchema = component('NewCalendarFeed', {
  language: Type.Optional(literals(messageLanguages, { default: 'en', description: 'Of the texts in the feed' })),
  password: passwordAgain,
})

export const calendarFeedUrlSchema = component('CalendarFeedUrl', {
  url: Type.String({
    description: 'Whoever has it can read the calendar. It is shown once: only a hash of it is stored',
  }),
})

const createdAt = nullableTime({ description: 'Since when there is a feed; null: there is none' })

export const calendarFeedSchema = component('CalendarFeed', { createdAt })

const patientNames = Type.Boolean({
  description: 'Whether the feeds of the clinic and of its doctors name the patients; a setting of the clinic',
})

export const clinicCalendarFeedSchema = component('ClinicCalendarFeed', { createdAt, patientNames })

export const calendarFeedChangeSchema = component('CalendarFeedChange', { patientNames })
