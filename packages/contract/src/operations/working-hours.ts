import { workingHoursLimits } from '@holdfast/vocabulary'
import {
  changedWorkingHoursSchema,
  newWorkingHoursQuery,
  newWorkingHoursSchema,
  workingHoursSchema,
} from '../schemas/working-hours.ts'
import { noPatients } from './audit.ts'
import { operation, operationTable } from './operation.ts'

const { versionsMax, slotsMax, sessionsMax, previewMsMax } = workingHoursLimits

export const workingHoursOperations = operationTable('Slots', {
  setWorkingHours: operation('PUT /api/v1/doctors/{doctorId}/working-hours', {
    summary: 'Set a doctor’s working hours, of which sessions and slots are created by themselves',
    description:
      'From `validFrom` on, replaces all working hours of the doctor. What former ones created from then on and is ' +
      'empty is withdrawn; bookings stay, and those outside of the new hours are in `preview.affected`. What people ' +
      'created stays as it is. The calendar is filled up to the clinic’s booking horizon, and further each day; a ' +
      'request works on it for 5 seconds, and the rest follows within minutes. Times are local ones of the clinic’s ' +
      'zone: one that a day lacks moves forward by the gap, and one that exists twice is the first. Refused are ' +
      `hours with which the doctor would have more than ${versionsMax} versions of today and later, or about ` +
      `${slotsMax} slots or ${sessionsMax} sessions up to the horizon in all of them, and those ` +
      `of which it takes longer than ${previewMsMax / 1_000} seconds to find what they change (\`overloaded\`).`,
    access: 'calendar',
    scope: 'directory:write',
    query: newWorkingHoursQuery,
    body: newWorkingHoursSchema,
    responses: { 200: { description: 'The working hours, and what they change', schema: changedWorkingHoursSchema } },
    retry: 'runs again',
    audit: { kind: 'doctor_changed', subject: 'doctorId', details: ['working hours changed'] },
    example: {
      query: { dryRun: true },
      body: { bands: [{ weekdays: [1, 2, 3], from: '09:00', to: '12:00' }], validFrom: '{day}' },
    },
    problems: ['visit_type_not_found', 'working_hours_changed'],
  }),
  getWorkingHours: operation('GET /api/v1/doctors/{doctorId}/working-hours', {
    summary: 'Read a doctor’s working hours',
    access: 'calendar',
    scope: 'times:read',
    responses: {
      200: { description: 'The working hours, and until when they are filled', schema: workingHoursSchema },
    },
    audit: noPatients,
  }),
})
