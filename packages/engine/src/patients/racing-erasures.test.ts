import { randomUUID } from 'node:crypto'
import { aBooking, plantFunction, type TestDatabase, until, untilLockWaiters } from '@holdfast/testkit'
import { freshDatabaseTest, test } from '@holdfast/testkit/database-test'
import { describe, expect } from 'vitest'
import { aMergingClinic } from '../../test/merging-clinic.ts'
import { newId } from '../model/id.ts'

/** A transaction that a test commits when the others are where it wants them. */
async function anOpenTransaction(database: TestDatabase) {
  const client = await database.ownerPool.connect()
  await client.query('begin')
  await client.query('set local idle_in_transaction_session_timeout = 0')
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  const commit = async () => {
    await client.query('commit')
    client.release()
  }
  const run = async (statement: string, parameters: unknown[]) => (await client.query(statement, parameters)).rows[0]
  return { pid: rows[0]?.pid ?? 0, run, commit }
}

type OpenTransaction = Awaited<ReturnType<typeof anOpenTransaction>>

const merge = ({ run }: OpenTransaction, clinicNo: number, keptId: string, mergedId: string) =>
  run(`select holdfast.merge_patients($1, $2, $3, 1, 1, '{}', $4, 20) as outcome`, [
    clinicNo,
    keptId,
    mergedId,
    randomUUID(),
  ])

const link = ({ run }: OpenTransaction, clinicNo: number, bookingId: string, patientId: string) =>
  run('select holdfast.link_patient($1, $2, $3, $4) as outcome', [clinicNo, bookingId, patientId, randomUUID()])

const done = { outcome: 'done' }

describe('an erasure of a record that is being merged, while a booking is being linked to the one that stays', () => {
  /** The erasure waits for the merge, and then for a reader of the record, until the link has waited for the merge. */
  async function race(database: TestDatabase, isKeptOlder: boolean) {
    const scene = await aMergingClinic(database)
    const { clinic, patients } = scene
    const booking = await aBooking(database, scene.slot)
    const [older, newer] = [await scene.record(), await scene.record()]
    const [kept, merged] = isKeptOlder ? [older, newer] : [newer, older]
    const [merging, linking] = [await anOpenTransaction(database), await anOpenTransaction(database)]
    const reading = await anOpenTransaction(database)
    expect(await merge(merging, clinic.no, kept, merged)).toEqual(done)
    const linked = link(linking, clinic.no, booking.id, kept)
    await untilLockWaiters(database, 1)
    const read = reading.run('select from holdfast.patient where id = $1 for key share', [merged])
    await untilLockWaiters(database, 2)
    const erasing = scene.erase(merged)
    await untilLockWaiters(database, 3)
    await merging.commit()
    expect(await linked).toEqual(done)
    await read
    await reading.commit()
    const first = await Promise.race([
      erasing,
      until(async () => {
        const { rowCount } = await database.ownerPool.query(
          'select from pg_stat_activity where $1 = any (pg_blocking_pids(pid))',
          [linking.pid],
        )
        return rowCount === 1 && ('waits' as const)
      }, 'the erasure that waits for the link'),
    ])
    const free = await database.ownerPool.query<{ id: string }>(
      'select id from holdfast.patient where id = $1 for update skip locked',
      [merged],
    )
    await linking.commit()
    const erased = await erasing
    const left = await Promise.all([kept, merged].map(async (id) => (await patients.record(id)) !== null))
    return { first, isMergedFree: free.rowCount === 1, erased, left, findings: await scene.findings() }
  }

  test.for([true, false])('erases neither; the one that stays is older: %s', async (isKeptOlder, { database }) => {
    expect(await race(database, isKeptOlder)).toEqual({
      first: 'waits',
      // Records are locked by id: while it waits for the older one, it has not locked the newer one.
      isMergedFree: isKeptOlder,
      erased: { kind: 'in_use', bookingIds: [], caseIds: [], requestIds: [] },
      left: [true, true],
      findings: [],
    })
  })

  freshDatabaseTest('erases the one that stays if it is not locked, which verify finds', async ({ database }) => {
    await plantFunction(database, 'lock_with_merged', { part: 'v_ids <@ v_locked_ids', becomes: 'true' })
    expect(await race(database, true)).toMatchObject({
      first: { kind: 'erased' },
      left: [false, false],
      findings: [{ kind: 'patient_differs' }],
    })
  })
})

describe('retention', () => {
  async function aScene(database: TestDatabase) {
    const scene = await aMergingClinic(database)
    const { clinic, patients } = scene
    const oldRecord = async (mergedInto: string | null = null) => {
      const id = newId(clinic.no)
      await database.ownerPool.query(
        `insert into holdfast.patient (clinic_no, id, name, created_at, updated_at, merged_into, merge)
         values ($1, $2, 'Ada', now() - interval '20 years', now() - interval '20 years', $3::uuid,
           case when $3 is not null then jsonb_build_object('into', $3::uuid) end)`,
        [clinic.no, id, mergedInto],
      )
      return id
    }
    const retain = () => database.ownerPool.query('select holdfast.erase_outdated_records($1, 120, 100)', [clinic.no])
    const left = async (...ids: string[]) =>
      Promise.all(ids.map(async (id) => ((await patients.record(id)) === null ? 'erased' : 'left')))
    return { ...scene, oldRecord, retain, left }
  }

  /** It has found an old record, and waits to lock it; what happens to the record is committed meanwhile. */
  async function race(database: TestDatabase, what: 'edited' | 'merged' | 'linked' | 'nothing') {
    const scene = await aScene(database)
    const { clinic } = scene
    const [old, fresh] = [await scene.oldRecord(), await scene.record()]
    const booking = await aBooking(database, scene.slot)
    const other = await anOpenTransaction(database)
    // It lets others read.
    await other.run('lock table holdfast.patient in exclusive mode', [])
    const retaining = scene.retain()
    await untilLockWaiters(database, 1)
    if (what === 'merged') expect(await merge(other, clinic.no, fresh, old)).toEqual(done)
    if (what === 'linked') expect(await link(other, clinic.no, booking.id, old)).toEqual(done)
    if (what === 'edited') await other.run(`update holdfast.patient set phone = '4711' where id = $1`, [old])
    await other.commit()
    await retaining
    return scene.left(old, fresh)
  }

  test.for(['edited', 'merged', 'linked'] as const)(
    'leaves a record that is %s between its search and its locks',
    async (what, { database }) => {
      expect(await race(database, what)).toEqual(['left', 'left'])
    },
  )

  test('erases the same record when nothing happens to it', async ({ database }) => {
    expect(await race(database, 'nothing')).toEqual(['erased', 'left'])
  })

  freshDatabaseTest(
    'without the second judgement, it erases what was edited, and who was merged',
    async ({ database }) => {
      await plantFunction(database, 'erase_outdated_records', { part: /where w\.ids <@.*?\);/, becomes: ');' })
      expect(await race(database, 'edited')).toEqual(['erased', 'left'])
      expect(await race(database, 'merged')).toEqual(['erased', 'erased'])
    },
  )

  test('waits for no record, and leaves a patient of whom one is locked to the next time', async ({ database }) => {
    const { oldRecord, retain, left } = await aScene(database)
    const kept = await oldRecord()
    const ids = [kept, await oldRecord(kept), await oldRecord()]
    const other = await anOpenTransaction(database)
    await other.run('select from holdfast.patient where id = $1 for key share', [ids[1]])
    await retain()
    expect(await left(...ids)).toEqual(['left', 'left', 'erased'])
    await other.commit()
    await retain()
    expect(await left(...ids)).toEqual(['erased', 'erased', 'erased'])
  })
})
