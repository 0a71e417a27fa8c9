import { addMonths, ageBooking } from '@holdfast/testkit'
import { freshDatabaseTest } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { aRequestScene } from '../../test/requests.ts'
import { createEngine } from '../create-engine.ts'

freshDatabaseTest(
  'requests of different years are counted up to the limit, and the first end is that of all',
  async ({ database }) => {
    const { appPool: pool } = database
    const engine = createEngine({ batchPool: pool, generalPool: pool })
    await addMonths(database, 24)
    const { clinic, session, request } = await aRequestScene(database, engine)
    const first = await request(60)
    await request(0)
    await request(30)
    // Its month is in another of the parts that are read one after the other.
    await ageBooking(database, { ...(await request(90)), clinicNo: clinic.no }, 500)
    const day = session.startsAt.toISOString().slice(0, 10)
    const count = (limit: number, days = { from: day, to: day }) =>
      engine.reads.requestsOfClinic({ clinicNo: clinic.no, ...days, doctorId: null, limit })
    const firstEndsAt = first.holdExpiresAt
    expect(await count(4)).toEqual({ waiting: 4, isMore: false, firstEndsAt })
    expect(await count(2)).toEqual({ waiting: 2, isMore: true, firstEndsAt })
    expect(await count(1)).toEqual({ waiting: 1, isMore: true, firstEndsAt })
    const before = new Date(session.startsAt.getTime() - 86_400_000).toISOString().slice(0, 10)
    expect(await count(4, { from: before, to: before })).toEqual({ waiting: 0, isMore: false, firstEndsAt: null })
  },
)
