import { addMonths, lapseHolds } from '@holdfast/testkit'
import { freshDatabaseTest } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { engineOf } from '../../test/engine-of.ts'
import { aRequestScene } from '../../test/requests.ts'

freshDatabaseTest(
  'waiting requests are counted up to the limit, by doctor, and the first end is that of all',
  async ({ database }) => {
    const { appPool: pool } = database
    const engine = engineOf({ appPool: pool })
    await addMonths(database, 24)
    const { clinic, doctor, request } = await aRequestScene(database, engine)
    const first = await request(60)
    await request(0)
    const lapsed = await request(30)
    await lapseHolds(database, { clinicNo: clinic.no, id: lapsed.slotId })
    const count = (limit: number, doctorId: string | null = null) =>
      engine.reads.requestsOfClinic({ clinicNo: clinic.no, doctorId, limit })
    const firstEndsAt = first.holdExpiresAt
    expect(await count(2)).toEqual({ waiting: 2, isMore: false, firstEndsAt })
    expect(await count(1)).toEqual({ waiting: 1, isMore: true, firstEndsAt })
    expect(await count(2, doctor.id)).toEqual({ waiting: 2, isMore: false, firstEndsAt })
    expect(await count(2, clinic.id)).toEqual({ waiting: 0, isMore: false, firstEndsAt: null })
  },
)
