import { sessionLimits, visitTypeLimits } from '@holdfast/vocabulary'
import Type from 'typebox'
import { id, integerWithin, stale, time } from './fields.ts'
import { literals } from './literals.ts'
import { component } from './object.ts'

const { gridMinutes, sessionsPerCallMax } = sessionLimits

const sessionFields = {
  startsAt: Type.String({ format: 'date-time' }),
  endsAt: Type.String({ format: 'date-time' }),
}

const someTypes = { minItems: 1, maxItems: visitTypeLimits.visitTypesMax, uniqueItems: true }
const ofTypes = { description: 'The visit types that are booked in it. null: all that the doctor offers' }

export const newSessionsSchema = component('NewOpenSessions', {
  sessions: Type.Array(component('OpenSessionDraft', { startsAt: time(), endsAt: time() }), {
    minItems: 1,
    maxItems: sessionsPerCallMax,
  }),
  gridMinutes: Type.Optional(
    Type.Integer({
      ...integerWithin(gridMinutes),
      default: 10,
      description: 'Visits begin at the start of the session, and every so many minutes after it',
    }),
  ),
  visitTypeIds: Type.Optional(
    Type.Array(id(), { ...someTypes, description: 'Only these visit types are booked in them. Absent: all' }),
  ),
})

export const createdSessionsSchema = component('CreatedOpenSessions', {
  created: Type.Integer(),
  skipped: Type.Integer({ description: 'They exist already, or have ended' }),
  conflicts: Type.Integer({ description: 'They overlap another session of the doctor' }),
  items: Type.Array(
    component('OpenSessionOutcome', {
      ...sessionFields,
      outcome: literals(['created', 'skipped', 'conflict']),
      sessionId: Type.Union([Type.String({ format: 'uuid' }), Type.Null()], {
        description: 'The session that was created, or that exists',
      }),
    }),
  ),
})

export const sessionListSchema = component('OpenSessionList', {
  items: Type.Array(
    component('OpenSession', {
      id: Type.String({ format: 'uuid' }),
      doctorId: Type.String({ format: 'uuid' }),
      ...sessionFields,
      gridMinutes: Type.Integer(),
      visitTypeIds: Type.Union([Type.Array(Type.String({ format: 'uuid' })), Type.Null()], ofTypes),
    }),
  ),
})

const timeFields = {
  sessionId: Type.String({ format: 'uuid' }),
  ...sessionFields,
  available: Type.Integer({ description: 'How many visits can be booked then: more than one for groups' }),
}

const asOf = Type.String({ format: 'date-time', description: 'When this was read' })

export const timeListSchema = component('OpenTimeList', {
  items: Type.Array(component('OpenTime', timeFields)),
  asOf,
  stale,
})

const { startsAt, ...timeOfDoctor } = timeFields

export const clinicTimeListSchema = component('ClinicTimeList', {
  items: Type.Array(
    component('ClinicTime', {
      startsAt,
      doctors: Type.Array(component('FreeDoctor', { doctorId: Type.String({ format: 'uuid' }), ...timeOfDoctor }), {
        description: 'Who is free then',
      }),
    }),
  ),
  asOf,
  stale,
  searchedUntil: Type.String({
    format: 'date-time',
    description: 'Times from here on were not looked for: the sessions until then have as many starts as are searched',
  }),
})
