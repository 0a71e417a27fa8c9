import { holdLock, untilLockWaiters } from '@holdfast/testkit'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { aScene, test } from '../../test/moving-clinic.ts'
import { lateRowsMax } from './copy-clinic.ts'
import type { MoveStep } from './move-clinic.ts'

type Scene = Awaited<ReturnType<typeof aScene>>

/** Appends an event to the security log of the clinic, where it was. */
const append = ({ engines, clinicNo }: Scene) =>
  engines.directory.auditLog.append([
    {
      kind: 'clinic_changed',
      clinicNo,
      actorKind: 'system',
      actorId: null,
      subjectId: null,
      network: null,
      details: ['late'],
      count: 1,
      ageMs: 0,
    },
  ])

/** Runs `meanwhile` from when the clinic's new place is noted, before its late rows are moved. */
async function moveWith(scene: Scene, meanwhile: () => Promise<void>): Promise<void> {
  const switched = Promise.withResolvers<void>()
  const afterStep = async (step: MoveStep) => {
    if (step === 'switched') switched.resolve()
  }
  await Promise.all([scene.move(1, { afterStep }), switched.promise.then(meanwhile)])
}

test('an event of the security log that is appended after the rest is moved too', async ({ database, north }) => {
  const scene = await aScene(database, north)
  const writing = await holdLock(database.ownerPool, 'lock table holdfast.audit_event in row exclusive mode')
  await moveWith(scene, async () => {
    // The move has moved what there is, and waits for who may be writing.
    await untilLockWaiters(database, 1)
    await append(scene)
    await writing.release()
  })
  expect([await lateEvents(database, scene), await lateEvents(north, scene)]).toEqual([0, 1])
  await scene.expectClean(true)
})

test('two moves in opposite directions do not wait for each other', async ({ database, north }) => {
  const scene = await aScene(database, north)
  const writing = await holdLock(database.ownerPool, 'lock table holdfast.audit_event in row exclusive mode')
  await moveWith(scene, async () => {
    await untilLockWaiters(database, 1)
    // What the last step of a move from the other database locks there, before it writes here.
    const opposite = await holdLock(north.ownerPool, 'lock table holdfast.audit_event in exclusive mode')
    await writing.release()
    await untilLockWaiters(north, 1)
    await append(scene)
    await opposite.release()
  })
  expect([await lateEvents(database, scene), await lateEvents(north, scene)]).toEqual([0, 1])
  await scene.expectClean(true)
})

test('many events of the security log are moved in several transactions', async ({ database, north }) => {
  const scene = await aScene(database, north)
  const count = 2 * lateRowsMax + 1
  await database.ownerPool.query(sql`insert into holdfast.audit_event (clinic_no, at, kind, count, actor_kind, details)
      select ${scene.clinicNo}, now(), 'clinic_changed', 1, 'system', '{late}' from generate_series(1, ${count})`)
  await scene.move(1)
  expect([await lateEvents(database, scene), await lateEvents(north, scene)]).toEqual([0, count])
  const { rows } = await north.ownerPool.query<{ most: number }>(
    `select max(t.events)::int as most
       from (select count(*) as events from holdfast.audit_event where clinic_no = $1 group by xmin::text) t`,
    [scene.clinicNo],
  )
  expect(rows).toEqual([{ most: lateRowsMax }])
  await scene.expectClean(true)
})

test('a response that is stored where the clinic was does not prevent its return', async ({ database, north }) => {
  const scene = await aScene(database, north)
  const store = ({ ownerPool }: typeof database) =>
    ownerPool.query(sql`insert into holdfast.answer (key, request_hash, body, ids, clinic_no)
        values (gen_random_uuid(), gen_random_uuid(), '{}', '{}', ${scene.clinicNo})`)
  const stored = async ({ ownerPool }: typeof database) => {
    const { rows } = await ownerPool.query('select key from holdfast.answer where clinic_no = $1', [scene.clinicNo])
    return rows
  }
  await scene.move(1)
  await store(database)
  await store(north)
  const moved = await stored(north)
  await scene.move(0)
  expect([await stored(database), await stored(north)]).toEqual([moved, []])
  await scene.expectClean(false)
})

async function lateEvents({ ownerPool }: Parameters<typeof aScene>[0], { clinicNo }: Scene): Promise<number | null> {
  const counted = `select from holdfast.audit_event where clinic_no = $1 and details = '{late}'`
  return (await ownerPool.query(counted, [clinicNo])).rowCount
}
