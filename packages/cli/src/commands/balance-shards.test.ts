// Nightly: each way to balance databases
import { createEngine, newId } from '@holdfast/engine'
import { aClaim, aClinic, aDoctor, aSlot, createTestDatabase, type TestDatabase } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCaptured } from '../../test/captured-context.ts'

// An installation with two databases: each test continues where the one before it ended.
let directory: TestDatabase
let north: TestDatabase
let env: Record<string, string>
const ids: string[] = []

beforeAll(async () => {
  directory = await createTestDatabase()
  north = await createTestDatabase()
  env = { DATABASE_URL: directory.ownerUrl, PORT: '0', HOLDFAST_SHARDS: `north=${north.ownerUrl}` }
  const { appPool } = directory
  const engine = createEngine({ batchPool: appPool, generalPool: appPool })
  for (const bookings of [5, 3, 2]) {
    const clinic = await aClinic(directory)
    ids.push(clinic.id)
    const slot = await aSlot(directory, await aDoctor(directory, clinic), { capacity: 10 })
    for (let n = 0; n < bookings; n += 1) await engine.claim(aClaim(slot))
  }
  await engine.stop()
  expect((await runCaptured(['migrate'], env)).code).toBe(0)
}, 120_000)
afterAll(async () => {
  await directory.drop()
  await north.drop()
})

async function run(...args: string[]) {
  const { code, out, err } = await runCaptured(['shards', ...args], env)
  return { code, out, text: [...out, ...err].join('\n') }
}

const clinicsIn = async ({ ownerPool }: TestDatabase) =>
  (await ownerPool.query<{ id: string }>('select id from holdfast.clinic order by no')).rows.map(({ id }) => id)

test('balance lists the moves, and makes them', async () => {
  const listed = await run('balance', '--dry-run')
  expect(listed.code).toBe(0)
  expect(listed.out.map((line) => line.split(/ {2,}/))).toEqual([
    ['clinic', 'from', 'to', 'bookings of two months', 'name'],
    [ids[0], 'directory', 'north', '5', expect.any(String)],
  ])
  expect(await clinicsIn(north)).toEqual([])
  expect(await run('balance')).toMatchObject({ code: 0, text: `Moved ${ids[0]}: directory to north` })
  expect(await clinicsIn(north)).toEqual([ids[0]])
  const again = await run('balance')
  expect(again).toMatchObject({ code: 0, text: 'No move makes the databases more alike.' })
  expect((await run('balance', '--moves', 'all')).text).toContain('Expected a whole number of clinics')
})

test('a clinic that cannot be moved is named, stays, and is moved when the command is repeated', async () => {
  const { ownerPool } = north
  const begun = "date_trunc('month', now())::date"
  await ownerPool.query(`insert into holdfast.archived_month (month) values (${begun})`)
  const refused = await run('drain', 'north')
  expect(refused.code).toBe(1)
  expect(refused.text).toContain(`Not moved: ${ids[0]}: north to directory: north has archived months`)
  expect(refused.text).toContain('The database north has 1 clinic left: 1.')
  expect(await clinicsIn(north)).toEqual([ids[0]])
  await ownerPool.query(`delete from holdfast.archived_month where month = ${begun}`)
  expect(await run('drain', 'north')).toMatchObject({
    code: 0,
    out: [`Moved ${ids[0]}: north to directory`, expect.any(String)],
  })
})

test('a move that was interrupted is continued out of a drained database, and taken back from it', async () => {
  expect((await run('drain', 'north', '--undo')).code).toBe(0)
  expect((await runCaptured(['move-clinic', ids[0] ?? '', '--to', 'north'], env)).code).toBe(0)
  const note = `update holdfast.clinic_shard set moving_to = $2 where clinic_no = $1`
  const noOf = async (id: string | undefined) => {
    const found = [directory, north].map(({ ownerPool }) =>
      ownerPool.query<{ no: number }>('select no from holdfast.clinic where id = $1', [id]),
    )
    return (await Promise.all(found)).flatMap(({ rows }) => rows)[0]?.no
  }
  await directory.ownerPool.query(note, [await noOf(ids[0]), 0])
  await directory.ownerPool.query(note, [await noOf(ids[1]), 1])
  expect(await run('drain', 'north')).toMatchObject({ code: 0 })
  expect(await clinicsIn(north)).toEqual([])
  expect(await clinicsIn(directory)).toEqual(ids)
  const { rows } = await directory.ownerPool.query('select from holdfast.clinic_shard where moving_to is not null')
  expect(rows).toEqual([])
})

test('a clinic that both databases have is left out, and named', async () => {
  expect((await run('drain', 'north', '--undo')).code).toBe(0)
  const { rows } = await directory.ownerPool.query('select no from holdfast.clinic where id = $1', [ids[0]])
  const planted = `insert into holdfast.clinic (no, id, name, timezone) values ($1, $2, 'Old', 'UTC')`
  await north.ownerPool.query(planted, [rows[0].no, ids[0]])
  const listed = await run('balance', '--dry-run')
  expect(listed.out.join()).not.toContain(ids[0])
  expect(listed.text).toContain(`Left out: Clinic ${rows[0].no} is in north as well as in directory`)
  const drained = await run('drain', 'north')
  expect(drained.code).toBe(1)
  expect(drained.text).toContain(`Left out: Clinic ${rows[0].no} is in north as well as in directory`)
  for (const table of ['message_settings where clinic_no', 'clinic where no']) {
    await north.ownerPool.query(`delete from holdfast.${table} = $1`, [rows[0].no])
  }
  expect((await run('drain', 'north')).code).toBe(0)
})

test('a database that is away is named, and so is each clinic that is left in a drained one', async () => {
  const away = { ...env, HOLDFAST_SHARDS: 'north=postgres://nobody@127.0.0.1:1/holdfast' }
  for (const args of [['balance'], ['drain', 'north']]) {
    const { code, err } = await runCaptured(['shards', ...args], away)
    expect(code).toBe(1)
    expect(err.join()).toMatch(/the database north cannot be used: .*ECONNREFUSED/)
  }
  const { ownerPool } = directory
  const planted = `insert into holdfast.clinic (no, id, name, timezone) values (7001, $1, 'Elsewhere', 'UTC')`
  await north.ownerPool.query(planted, [newId(7001)])
  await ownerPool.query(`insert into holdfast.clinic_shard (clinic_no, shard_no) values (7001, 0), (7002, 1)`)
  const drained = await run('drain', 'north')
  expect(drained.code).toBe(1)
  expect(drained.text).toContain('Left out: Clinic 7001 is in north, and the directory notes it in directory.')
  expect(drained.text).toContain('The database north has 2 clinics left: 7001, 7002.')
  for (const table of ['message_settings where clinic_no', 'clinic where no']) {
    await north.ownerPool.query(`delete from holdfast.${table} = 7001`)
  }
  await ownerPool.query('delete from holdfast.clinic_shard where clinic_no in (7001, 7002)')
  expect((await run('drain', 'north')).code).toBe(0)
})

test('a drained database can be taken out, and has clinics again later', async () => {
  const drained = await runCaptured(['shards', 'drain', 'north', '--json'], env)
  expect(JSON.parse(drained.out[0] ?? '')).toEqual({
    database: 'north',
    drained: true,
    moves: [],
    left: 0,
    leftNos: [],
  })
  expect((await run()).out[2]).toMatch(/^north \(drained\) {2,}0 /)
  const { HOLDFAST_SHARDS: _, ...alone } = env
  expect((await runCaptured(['shards', '--json'], alone)).code).toBe(0)
  expect(await run('drain', 'north', '--undo')).toMatchObject({ code: 0 })
  expect((await run('balance', '--dry-run')).out).toHaveLength(2)
  // In the same way, a drained database gets no clinics by single moves.
  expect((await run('drain', 'north')).code).toBe(0)
  const refused = await runCaptured(['move-clinic', ids[0] ?? '', '--to', 'north'], env)
  expect(refused.err.join()).toContain('north is drained, and gets no clinics')
  expect((await run('drain', 'north')).code).toBe(0)
  expect((await run('drain', 'directory')).text).toContain('the directory cannot be drained')
  expect((await run('drain', 'nroth')).text).toContain(
    'nroth: there is no database with this name, but directory, north',
  )
  expect((await runCaptured(['shards', 'balance'], alone)).err.join()).toContain('there is only one database')
})
