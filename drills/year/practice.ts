import { createEngine, type Engine } from '@holdfast/engine'
import {
  aClinic,
  aDoctor,
  aQuestion,
  aVisitResource,
  aVisitType,
  type BuiltClinic,
  type BuiltDoctor,
} from '@holdfast/testkit'
import type { Moment } from './shifted-clock.ts'

export const timeZone = 'Europe/Berlin'

/** A row of a doctor's week: weekdays from 1 (Monday), local times, and every how many weeks. */
export type Band = { weekdays: number[]; from: string; to: string; everyWeeks: number }

export type PracticeDoctor = BuiltDoctor & {
  bands: readonly Band[]
  /** The length of the fixed appointments; null: open sessions. */
  slotMinutes: number | null
}

export type PracticeType = { id: string; minutes: number; before: number; after: number; needsRoom: boolean }

export type Practice = {
  clinic: BuiltClinic
  /** The first day of all working hours. */
  firstDay: Temporal.PlainDate
  horizonDays: number
  doctors: readonly PracticeDoctor[]
  types: readonly PracticeType[]
  /** How many rooms there are for the visits that need one. */
  rooms: number
  /** What the patients of a type answer. */
  answersTo(typeId: string): { questionId: string; value: string | boolean; version: number }[]
}

const rooms = 3
const gridMinutes = 5
const mornings: Band = { weekdays: [1, 2, 3, 4, 5], from: '08:00', to: '12:00', everyWeeks: 1 }
const afternoons: Band = { weekdays: [1, 2, 4], from: '13:30', to: '17:00', everyWeeks: 1 }
const saturdays: Band = { weekdays: [6], from: '09:00', to: '11:00', everyWeeks: 2 }
/** Few of them, which are booked out, so that patients wait for them. */
const fixed: Band = { weekdays: [1, 3, 5], from: '08:00', to: '09:00', everyWeeks: 1 }

export function engineOf({ appPool }: Moment): Engine {
  return createEngine({ batchPool: appPool, generalPool: appPool })
}

/** Eight doctors: one with fixed appointments, the others with open sessions for four types of visits. */
export async function openPractice(
  moment: Moment,
  firstDay: Temporal.PlainDate,
  horizonDays: number,
): Promise<Practice> {
  const settings = { bookingHorizonDays: horizonDays, minimumNoticeMinutes: 60 }
  const clinic = await aClinic(moment, { timezone: timeZone, settings })
  const consultingRooms = []
  for (let n = 0; n < rooms; n += 1) consultingRooms.push(await aVisitResource(moment, clinic))
  const scanner = await aVisitResource(moment, clinic, { kind: 'device' })
  const questions = [aQuestion('text'), aQuestion('consent')]
  const doctors: PracticeDoctor[] = []
  for (let n = 0; n < 8; n += 1) {
    const bands = n === 7 ? [fixed] : n === 6 ? [mornings, saturdays] : [mornings, afternoons]
    const specialization = n === 7 ? 'Dermatology' : 'General practice'
    doctors.push({
      ...(await aDoctor(moment, clinic, { specialization })),
      bands,
      slotMinutes: n === 7 ? 20 : null,
    })
  }
  const inSessions = doctors.filter(({ slotMinutes }) => slotMinutes === null)
  const drafts = [
    { minutes: 20, before: 0, after: 5, needsRoom: false },
    { minutes: 40, before: 5, after: 5, needsRoom: true },
    { minutes: 30, before: 0, after: 10, needsRoom: false, devices: [scanner] },
    { minutes: 10, before: 0, after: 0, needsRoom: true, questions },
  ]
  const types: PracticeType[] = []
  for (const { minutes, before, after, needsRoom, devices, questions: asked } of drafts) {
    const { id } = await aVisitType(moment, clinic, {
      minutes,
      bufferBeforeMinutes: before,
      bufferAfterMinutes: after,
      doctors: inSessions.map((doctor) => ({ id: doctor.id })),
      ...(needsRoom ? { rooms: consultingRooms } : {}),
      ...(devices === undefined ? {} : { devices }),
      ...(asked === undefined ? {} : { questions: asked }),
    })
    types.push({ id, minutes, before, after, needsRoom })
  }
  const engine = engineOf(moment)
  for (const doctor of doctors) await setHours(engine, doctor, firstDay)
  await engine.stop()
  const asking = types[3]?.id
  const [text, consent] = questions
  return {
    clinic,
    firstDay,
    horizonDays,
    doctors,
    types,
    rooms,
    answersTo: (typeId) =>
      typeId !== asking || text === undefined || consent === undefined
        ? []
        : [
            { questionId: text.id, value: 'None', version: text.version },
            { questionId: consent.id, value: true, version: consent.version },
          ],
  }
}

async function setHours(engine: Engine, doctor: PracticeDoctor, firstDay: Temporal.PlainDate): Promise<void> {
  const { id: doctorId, bands, slotMinutes } = doctor
  const kind =
    slotMinutes === null
      ? { gridMinutes, slotMinutes: null, capacity: null }
      : { gridMinutes: null, slotMinutes, capacity: 1 }
  const set = await engine.workingHours.set({
    doctorId,
    version: null,
    validFrom: firstDay.toString(),
    validUntil: null,
    bands: bands.map((band) => ({ ...band, ...kind, inWeekOf: null, visitTypeIds: null })),
  })
  if (set.kind !== 'done') throw new Error(`The working hours were not set: ${set.kind}.`)
}
