import { randomUUID } from 'node:crypto'
import {
  aClinic,
  aDoctor,
  aQuestion,
  aSession,
  aTimeClaim,
  aVisitType,
  type BuiltSession,
  ofKind,
  type TestDatabase,
} from '@holdfast/testkit'
import type { CorrectAnswersRequest } from '../src/model/answers-correction.ts'
import type { AnsweringPatient } from '../src/model/claim.ts'
import type { Engine } from '../src/model/engine.ts'
import type { TimeClaimRequest } from '../src/model/session.ts'
import type { SentAnswer, VisitQuestion } from '../src/model/visit-question.ts'

export const ada = { name: 'Ada', email: 'ada@example.org' }

/** A clinic with a visit type that asks these questions, and what tests do there. */
export async function aPractice(engine: Engine, database: TestDatabase, questions: VisitQuestion[]) {
  const clinic = await aClinic(database)
  const [session, type] = [
    await aSession(database, await aDoctor(database, clinic)),
    await aVisitType(database, clinic, { questions }),
  ]
  const request = (answers?: SentAnswer[], overrides: Partial<TimeClaimRequest> = {}, minute = 0) =>
    aTimeClaim(session, type, minute, { patient: { ...ada, ...(answers && { answers }) }, confirm: true, ...overrides })
  const claim = (...of: Parameters<typeof request>) => engine.claimTime(request(...of))
  const booked = async (...of: Parameters<typeof request>) => {
    return ofKind(await claim(...of), 'booked').booking.id
  }
  const confirm = (bookingId: string, patient: AnsweringPatient | null, overrides = {}) =>
    engine.settle({
      ...{ bookingId, action: 'confirm', patient, actorId: null, onBehalf: false, key: null, reason: null },
      ...overrides,
    })
  const answersOf = async (id: string) => (await engine.reads.booking(id))?.patient.answers
  const withdraw = (bookingId: string, questionId: string, actorId: string | null = null) =>
    engine.withdrawConsent({ bookingId, questionId, actorId, key: null })
  const correct = (bookingId: string, answers: SentAnswer[], overrides: Partial<CorrectAnswersRequest> = {}) =>
    engine.correctAnswers({
      ...{ bookingId, answers, version: 1, actorId: null, byDesk: false, key: null },
      ...overrides,
    })
  const ask = (asked: VisitQuestion[]) => engine.directory.updateVisitType(clinic.no, type.id, { questions: asked })
  const moveTo = (bookingId: string, visitTypeId: string, onBehalf = false, answers?: SentAnswer[]) =>
    engine.moveToTime({
      ...{ bookingId, sessionId: session.id, startsAt: startOf(session, 60), visitTypeId },
      ...{ actorId: null, onBehalf, answers },
    })
  return { clinic, session, type, request, claim, booked, confirm, answersOf, withdraw, correct, ask, moveTo }
}

/** A question with two choices. */
export const aChoice = () => {
  const choices = ['Left', 'Right'].map((label) => ({ id: randomUUID(), label, labels: { de: `${label} de` } }))
  return aQuestion('choice', { label: 'Which ear?', choices })
}

function startOf({ startsAt }: BuiltSession, minute: number): Date {
  return new Date(startsAt.getTime() + minute * 60_000)
}
