import { aClinic, aDoctor, type ClinicOverrides, type TestDatabase } from '@holdfast/testkit'
import type { CallOptions, RestApp } from './rest-app.ts'
import { test as base } from './rest-test.ts'

/** The first day of a theatre’s tests: far enough ahead that nothing of it is over, whenever they run. */
export const theatreDay = Temporal.Now.plainDateISO('UTC').add({ days: 10 }).toString()

/** An instant of that day, or of a later one. */
export function theatreTime(time: string, daysLater = 0): string {
  return `${Temporal.PlainDate.from(theatreDay).add({ days: daysLater })}T${time}:00.000Z`
}

/** A clinic with two rooms, a surgeon, an anaesthetist, a doctor and a robot with two units. */
export async function aTheatre(database: TestDatabase, rest: RestApp, overrides: ClinicOverrides = {}) {
  const clinic = await aClinic(database, overrides)
  const doctor = await aDoctor(database, clinic)
  const path = { clinicId: clinic.id }
  const [admin, staff] = [await rest.aMember(clinic.no, 'admin'), await rest.aMember(clinic.no, 'staff')]
  const room = async (body: object) => (await rest.call('createRoom', { path, as: admin, body })).body
  const person = async (body: object) => (await rest.call('createTheatreStaff', { path, as: admin, body })).body
  const [roomOne, roomTwo] = [await room({ name: 'OR 1' }), await room({ name: 'OR 2', turnoverMinutes: 30 })]
  const surgeon = await person({ name: 'Dr Surgeon', profession: 'surgeon' })
  const otherSurgeon = await person({ name: 'Dr Other', profession: 'surgeon' })
  const anaesthetist = await person({ name: 'Dr Sleep', profession: 'anaesthetist' })
  const robot = await rest.call('createEquipment', { path, as: admin, body: { name: 'Robot', units: 2 } })
  let patients = 0
  const newCase = (change: object = {}) => {
    patients += 1
    return {
      clinicId: clinic.id,
      roomId: roomOne.id,
      startsAt: theatreTime('08:00'),
      minutes: 60,
      surgeonId: surgeon.id,
      patient: { mrn: `MRN-${patients}`, name: `Patient Number${patients}` },
      service: 'Orthopaedics',
      procedure: { code: '27447', display: 'Total knee arthroplasty' },
      ...change,
    }
  }
  const book = (change: object = {}, options: CallOptions = {}) =>
    rest.call('createCase', { as: staff, body: newCase(change), ...options })
  return {
    clinic,
    path,
    doctor,
    admin,
    staff,
    roomOne,
    roomTwo,
    surgeon,
    otherSurgeon,
    anaesthetist,
    robot: robot.body,
    surgeonAccount: await rest.aMember(clinic.no, 'doctor', doctor.id),
    newCase,
    /** Books a case in the first room at 08:00 for an hour, unless it is to be another. */
    book,
  }
}

/** `test` with a `theatre` for each test that names it. */
export const test = base.extend('theatre', ({ database, rest }) => aTheatre(database, rest))
