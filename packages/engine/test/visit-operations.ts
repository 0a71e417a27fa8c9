import { randomUUID } from 'node:crypto'
import {
  aBooking,
  aClinic,
  aDoctor,
  ageBooking,
  aSession,
  aSlot,
  aTimeClaim,
  aVisitType,
  ofKind,
  type TestDatabase,
} from '@holdfast/testkit'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { createEngine } from '../src/create-engine.ts'

const ageDays = 3_000

/** What is done with visits for known patients, in a clinic of eight years; each may be done again and again. */
export async function visitOperations(
  database: TestDatabase,
  pool: pg.Pool,
): Promise<Record<string, () => Promise<unknown>>> {
  const engine = createEngine({ batchPool: pool, generalPool: pool })
  const clinic = await aClinic(database)
  await database.ownerPool.query(sql`update holdfast.clinic set created_at = now() - make_interval(days => ${ageDays})
      where no = ${clinic.no}`)
  const doctor = await aDoctor(database, clinic)
  const session = await aSession(database, doctor, { minutes: 900 })
  const [type, forAll] = [
    await aVisitType(database, clinic, { minutes: 10, bookableBy: 'known_patients' }),
    await aVisitType(database, clinic, { minutes: 10 }),
  ]
  const accountId = randomUUID()
  const first = await aSlot(database, await aDoctor(database, clinic))
  await ageBooking(database, await aBooking(database, first, { accountId, status: 'COMPLETED' }), ageDays)
  let minute = 0
  const claim = async (visitType: { id: string }) => {
    const outcome = await engine.claimTime(aTimeClaim(session, visitType, minute, { confirm: true, accountId }))
    minute += 10
    if (outcome.kind !== 'booked') throw new Error(`The claim's outcome is ${outcome.kind}.`)
    return outcome.booking
  }
  const times = (ofAccount: string) => {
    const { startsAt: from, endsAt: to } = session
    return engine.sessions.times({
      clinicNo: clinic.no,
      doctorId: doctor.id,
      visitTypeId: type.id,
      from,
      to,
      byDesk: false,
      accountId: ofAccount,
      limit: 1_000,
    })
  }
  return {
    'times for a known patient': () => times(accountId),
    'times for somebody unknown': () => times(randomUUID()),
    'a claim of a time': () => claim(type),
    'a move to a time': async () => {
      const { id: bookingId, startsAt } = await claim(forAll)
      const to = { sessionId: session.id, startsAt: new Date(startsAt.getTime() + 600_000), visitTypeId: type.id }
      minute += 10
      ofKind(await engine.moveToTime({ bookingId, ...to, actorId: accountId, onBehalf: false }), 'done')
    },
  }
}
