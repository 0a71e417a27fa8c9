import { randomUUID } from 'node:crypto'
import { aBooking, aClaim, aClinic, aDoctor, aSlot, type BuiltDoctor, takenOf, until } from '@holdfast/testkit'
import { test as base } from '@holdfast/testkit/database-test'
import { expect, onTestFinished } from 'vitest'
import { atSecondNode } from '../../../test/second-node.ts'
import { createEngine } from '../../create-engine.ts'
import type { DatabasePool } from '../../database/database-pool.ts'
import { DatabaseUnavailable, isNotWritable, isShardMoved, mayHaveRun } from '../../database/database-unavailable.ts'
import { inShard } from '../../database/database-url.ts'
import { createPool, inTransaction } from '../../database/pools.ts'
import { writeShardSchema } from '../schema/write-shard-schema.ts'

const schema = 'holdfast_7'
const guardOf = (code: string) => `
  create or replace function ${schema}.guard_shard() returns trigger language plpgsql as $$
  begin
    if current_setting('test.node', true) is distinct from 'second' then
      raise exception 'planted' using errcode = '${code}';
    end if;
    return null;
  end $$;
  create or replace trigger a_guard_shard before insert or update or delete on holdfast.booking
    for each statement execute function ${schema}.guard_shard()`

type Shard = { url: string; pool: DatabasePool; engine: ReturnType<typeof createEngine>; movedAgain: () => number }

const test = base
  .extend('doctor', { scope: 'file' }, async ({ database }) => {
    await writeShardSchema({ ownerUrl: database.ownerUrl, schema })
    return aDoctor(database, await aClinic(database))
  })
  .extend('shard', async ({ database, doctor: _ }, { onCleanup }): Promise<Shard> => {
    const url = inShard(database.sessionUrl, schema)
    const pool = createPool({ url, max: 4, name: 'test shard' })
    let moved = 0
    pool.onShardMoved = () => {
      moved += 1
    }
    const engine = createEngine({ batchPool: pool, generalPool: pool, waitMsMax: 20_000 })
    onCleanup(async () => {
      await engine.stop()
      await pool.end()
      await database.ownerPool.query('drop trigger if exists a_guard_shard on holdfast.booking')
    })
    return { url, pool, engine, movedAgain: () => moved }
  })

let hours = Math.ceil(Date.now() / 3_600_000) + 1
const nextSlot = (database: Parameters<typeof aSlot>[0], doctor: BuiltDoctor) => {
  hours += 1
  return aSlot(database, doctor, { startsAt: new Date(hours * 3_600_000) })
}

const refusals = (shard: Shard, count: number) =>
  until(
    async () => (shard.movedAgain() >= count ? true : undefined),
    () => `${shard.movedAgain()} of ${count} refusals`,
  )

test('claims and changes wait until the pool is led to the new node, and are done once', async ({
  database,
  doctor,
  shard,
}) => {
  const [slot, other] = [await nextSlot(database, doctor), await nextSlot(database, doctor)]
  const booking = await aBooking(database, other)
  await database.ownerPool.query(guardOf('HF017'))
  const claim = shard.engine.claim(aClaim(slot))
  const change = { actorId: null, onBehalf: true, reason: null } as const
  const cancel = shard.engine.settle({ ...change, bookingId: booking.id, action: 'cancel', key: randomUUID() })
  await refusals(shard, 4)
  expect(await takenOf(database, slot)).toEqual([0])
  shard.pool.relocate(atSecondNode(shard.url))
  expect(await claim).toMatchObject({ kind: 'booked' })
  expect(await cancel).toMatchObject({ kind: 'done' })
  expect(await takenOf(database, slot)).toEqual([1])
})

test('a claim for a clinic of another shard is refused at once, and is no move', async ({
  database,
  doctor,
  shard,
}) => {
  const slot = await nextSlot(database, doctor)
  await database.ownerPool.query(guardOf('HF018'))
  const refused = await shard.engine.claim(aClaim(slot)).catch((error: unknown) => error)
  expect(refused).toMatchObject({ code: 'HF018' })
  expect(mayHaveRun(refused)).toBe(false)
  expect(shard.movedAgain()).toBe(0)
})

test.for([
  ['a schema that is not written yet', 'schema', schema],
  ['a view that a function needs', 'view', `${schema}.slot`],
  ['a function that another one needs', 'function', `${schema}.claim_verdict`],
] as const)('%s: claims wait until it is there', async ([, kind, name], { database, doctor, shard }) => {
  const slot = await nextSlot(database, doctor)
  const ownName = name.replace(/^.*\./, '')
  await database.ownerPool.query(`alter ${kind} ${name} rename to ${ownName}_away`)
  const claim = shard.engine.claim(aClaim(slot))
  await refusals(shard, 2)
  await database.ownerPool.query(`alter ${kind} ${name}_away rename to ${ownName}`)
  expect(await claim).toMatchObject({ kind: 'booked' })
  expect(await takenOf(database, slot)).toEqual([1])
})

test('a claim whose time ends before the shard is there again was not processed', async ({
  database,
  doctor,
  shard,
}) => {
  const slot = await nextSlot(database, doctor)
  await database.ownerPool.query(guardOf('HF017'))
  const engine = createEngine({ batchPool: shard.pool, generalPool: shard.pool, waitMsMax: 300 })
  onTestFinished(() => engine.stop())
  const failure: unknown = await engine.claim(aClaim(slot)).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(DatabaseUnavailable)
  expect([isShardMoved(failure), mayHaveRun(failure)]).toEqual([false, false])
  expect(await takenOf(database, slot)).toEqual([0])
})

test('in a transaction likewise: it fails as not done, and its connection is closed', async ({ database, shard }) => {
  await database.ownerPool.query(guardOf('HF017'))
  const statement = 'select 1 from holdfast.missing'
  const pids: unknown[] = []
  const failure: unknown = await inTransaction(shard.pool, async (transaction) => {
    pids.push((await transaction.query('select pg_backend_pid() as pid')).rows[0].pid)
    await transaction.query(statement)
  }).catch((error: unknown) => error)
  expect([isShardMoved(failure), mayHaveRun(failure), shard.movedAgain()]).toEqual([true, false, 1])
  expect((await shard.pool.query('select pg_backend_pid() as pid')).rows[0].pid).not.toBe(pids[0])
})

test.for(['select 1 from holdfast.missing', 'select holdfast.missing()', 'select 1 from holdfast_8.missing'])(
  'on a plain database, it is an error as before: %s',
  async (statement, { database }) => {
    const pool = createPool({ url: database.sessionUrl, max: 1, name: 'test plain' })
    onTestFinished(() => pool.end())
    const failure: unknown = await pool.query(statement).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: expect.stringMatching(/^(42P01|42883)$/) })
    expect([isShardMoved(failure), isNotWritable(failure), mayHaveRun(failure)]).toEqual([false, false, true])
  },
)
