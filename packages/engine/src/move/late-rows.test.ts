import { holdLock, untilLockWaiters } from '@holdfast/testkit'
import { expect } from 'vitest'
import { aScene, test } from '../../test/moving-clinic.ts'

test('an event of the security log that is appended after the rest was read is moved too', async ({
  database,
  north,
}) => {
  const scene = await aScene(database, north)
  const count = async ({ ownerPool }: typeof north) => {
    const counted = `select from holdfast.audit_event where clinic_no = $1 and details = '{late}'`
    return (await ownerPool.query(counted, [scene.clinicNo])).rowCount
  }
  let appended: Promise<void> | undefined
  await scene.move(1, {
    afterStep: async (step) => {
      if (step !== 'switched') return
      const writing = await holdLock(north.ownerPool, 'lock table holdfast.audit_event in share mode')
      const append = async () => {
        // The move has read what there is, and cannot write it.
        await untilLockWaiters(north, 1)
        await scene.engines.directory.auditLog.append([
          {
            kind: 'clinic_changed',
            clinicNo: scene.clinicNo,
            actorKind: 'system',
            actorId: null,
            subjectId: null,
            network: null,
            details: ['late'],
            count: 1,
            ageMs: 0,
          },
        ])
        await writing.release()
      }
      appended = append()
    },
  })
  await appended
  expect([await count(database), await count(north)]).toEqual([0, 1])
  await scene.expectClean(true)
})
