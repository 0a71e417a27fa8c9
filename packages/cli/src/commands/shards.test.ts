// Nightly: each command of several databases
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { aClinic, aDoctor, aSlot, createTestDatabase, type TestDatabase } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { runCaptured } from '../../test/captured-context.ts'

// An installation with two databases: each test continues where the one before it ended.
let directory: TestDatabase
let north: TestDatabase
let env: Record<string, string>

beforeAll(async () => {
  directory = await createTestDatabase()
  north = await createTestDatabase()
  env = { DATABASE_URL: directory.ownerUrl, PORT: '0', HOLDFAST_SHARDS: `north=${north.ownerUrl}` }
})
afterAll(async () => {
  await directory.drop()
  await north.drop()
})

async function shards(changed: Record<string, string> = {}) {
  const { code, out, err } = await runCaptured(['shards', '--json'], { ...env, ...changed })
  return { code, err, ...(JSON.parse(out[0] ?? '{}') as { shards: object[]; misplaced: object[] }) }
}

type FoundCheck = { name: string; state: string; found: string }

async function checksOf(settings: Record<string, string>): Promise<FoundCheck[]> {
  const { out } = await runCaptured(['doctor', '--json'], settings)
  return (JSON.parse(out[0] ?? '') as { checks: FoundCheck[] }).checks
}

test('one database is listed as it is', async () => {
  await aClinic(directory)
  const { HOLDFAST_SHARDS: _, ...alone } = env
  const { code, out } = await runCaptured(['shards', '--json'], alone)
  const rest = { lagSeconds: null, drained: false, problem: null }
  const only = {
    name: 'directory',
    no: 0,
    clinics: 1,
    recentBookings: 0,
    bytes: expect.any(Number),
    version: expect.any(String),
    ...rest,
  }
  expect(JSON.parse(out[0] ?? '')).toEqual({ shards: [only], misplaced: [], moving: [] })
  expect(code).toBe(0)
})

test('migrate updates and registers all databases, and both are listed', async () => {
  const early = await runCaptured(['move-clinic', '1', '--to', 'north'], env)
  expect(early).toMatchObject({ code: 2, err: [expect.stringContaining('--to north: the database is in HOLDFAST_SH')] })
  expect((await runCaptured(['migrate'], { DATABASE_URL: north.ownerUrl })).code).toBe(0)
  const unregistered = expect.stringMatching(/^the database is in HOLDFAST_SHARDS, but not registered: start a server/)
  const listed = [{ name: 'directory' }, { name: 'north', no: null, problem: unregistered }]
  expect(await shards()).toMatchObject({ code: 1, shards: listed, misplaced: [] })
  expect(await checksOf(env)).toContainEqual(expect.objectContaining({ name: 'north: place', state: 'warning' }))
  expect(await checksOf(env)).not.toContainEqual(expect.objectContaining({ name: 'places of clinics' }))
  expect((await runCaptured(['migrate'], env)).code).toBe(0)
  const { code, out } = await runCaptured(['shards'], env)
  expect(out.map((line) => line.split(/ {2,}/).slice(0, 2))).toEqual([
    ['database', 'clinics'],
    ['directory', '1'],
    ['north', '0'],
  ])
  expect(code).toBe(0)
})

test('shards and doctor say that DATABASE_URL is another database than the directory', async () => {
  const wrong = { DATABASE_URL: north.ownerUrl, PORT: '0' }
  const found = 'DATABASE_URL is a shard of an installation. It has to be the URL of its directory.'
  for (const settings of [wrong, { ...wrong, HOLDFAST_SHARDS: `south=${directory.ownerUrl}` }]) {
    const listed = await runCaptured(['shards'], settings)
    expect(listed).toMatchObject({ code: 1, out: [], err: [expect.stringContaining(found)] })
    expect(await checksOf(settings)).toContainEqual(expect.objectContaining({ name: 'shards', state: 'error', found }))
  }
})

test('a clinic that the directory does not know is named, until it is noted', async () => {
  await north.ownerPool.query("select setval('holdfast.clinic_no_seq', 40, false)")
  await aClinic(north)
  const misplaced = [{ clinicNo: 40, inShard: 1, notedIn: null }]
  expect(await shards()).toMatchObject({ code: 1, misplaced, shards: [{ clinics: 1 }, { clinics: 1 }] })
  const { code, out } = await runCaptured(['shards'], env)
  expect(out.at(-1)).toContain('Clinic 40 is in north, and the directory does not know it.')
  expect(code).toBe(1)
  expect((await runCaptured(['migrate'], env)).code).toBe(0)
  expect(await shards()).toMatchObject({ code: 0, misplaced: [] })
})

test('nothing is imported into a shard by itself: it would draw numbers that other clinics have', async () => {
  const files = await mkdtemp(join(tmpdir(), 'holdfast-shards-'))
  onTestFinished(() => rm(files, { recursive: true }))
  const clinics = join(files, 'clinics.csv')
  await writeFile(clinics, 'clinic,name,timezone\nc1,Imported,UTC\n')
  const { code, err } = await runCaptured(['import', '--clinics', clinics], { DATABASE_URL: north.ownerUrl, PORT: '0' })
  expect(code).toBe(1)
  expect(err.join('\n')).toContain('DATABASE_URL is a shard of an installation')
  expect((await north.ownerPool.query("select from holdfast.clinic where name = 'Imported'")).rowCount).toBe(0)
  expect((await runCaptured(['import', '--clinics', clinics], env)).code).toBe(0)
})

test('an import finds a clinic in each database, needs all of them, and notes new clinics', async () => {
  const files = await mkdtemp(join(tmpdir(), 'holdfast-shards-'))
  onTestFinished(() => rm(files, { recursive: true }))
  const clinics = join(files, 'clinics.csv')
  await north.ownerPool.query("update holdfast.clinic set name = 'Moved' where no = 40")
  await writeFile(clinics, 'clinic,name,timezone\nc1,Moved,UTC\nc2,New,UTC\n')
  const args = ['import', '--clinics', clinics]
  const { HOLDFAST_SHARDS: _, ...alone } = env
  const refused = await runCaptured(args, alone)
  expect(refused.code).toBe(1)
  expect(refused.err.join()).toContain('HOLDFAST_SHARDS lacks north (the database 1) with 1 clinics.')
  const away = { ...env, HOLDFAST_SHARDS: 'north=postgres://nobody@127.0.0.1:1/holdfast' }
  expect((await runCaptured(args, away)).err.join()).toContain('the database north is needed: nothing was imported')
  expect(await runCaptured(args, env)).toMatchObject({
    code: 0,
    out: expect.arrayContaining(['clinics: 1 imported, 1 were there before']),
  })
  expect(await runCaptured(args, env)).toMatchObject({
    code: 0,
    out: expect.arrayContaining(['clinics: 0 imported, 2 were there before']),
  })
  expect(await shards()).toMatchObject({ code: 0, misplaced: [] })
  const noted = `select from holdfast.clinic_shard where shard_no = $1 and clinic_no = $2`
  for (const [no, database] of [directory, north].entries()) {
    const { rows } = await database.ownerPool.query<{ no: number }>("select no from holdfast.clinic where name = 'New'")
    for (const clinic of rows) {
      expect((await directory.ownerPool.query(noted, [no, clinic.no])).rowCount).toBe(1)
      // The other tests count clinics.
      await database.ownerPool.query('delete from holdfast.message_settings where clinic_no = $1', [clinic.no])
      await database.ownerPool.query('delete from holdfast.clinic where no = $1', [clinic.no])
    }
  }
})

test('a clinic is moved to another database after a rehearsal, and what is wrong is named', async () => {
  const clinic = await aClinic(directory)
  await aSlot(directory, await aDoctor(directory, clinic))
  expect((await runCaptured(['migrate'], env)).code).toBe(0)
  const move = async (...args: string[]) => {
    const { code, out, err } = await runCaptured(['move-clinic', ...args], env)
    return { code, text: [...out, ...err].join('\n') }
  }
  expect(await move(clinic.id, '--to', 'north', '--dry-run')).toMatchObject({
    code: 0,
    text: expect.stringMatching(/^Rehearsed: copied \d+ rows in \d\.\d s, and undid it\./),
  })
  expect(await move(clinic.id, '--to', 'north')).toMatchObject({
    code: 0,
    text: expect.stringMatching(/^Moved the clinic from directory to north: \d+ rows\. Changes of it waited for \d/),
  })
  const there = await north.ownerPool.query('select from holdfast.clinic where no = $1', [clinic.no])
  expect(there.rowCount).toBe(1)
  expect(await shards()).toMatchObject({ code: 0, misplaced: [] })
  for (const named of [clinic.id, String(clinic.no)]) {
    expect((await move(named, '--to', 'north')).text).toBe('The clinic is in north: nothing is left to do.')
  }
  expect(await move('nobody', '--to', 'north')).toMatchObject({
    code: 2,
    text: expect.stringContaining('nobody is neither the id nor the number of a clinic'),
  })
  expect(await move(clinic.id, '--to', 'nroth')).toMatchObject({
    code: 2,
    text: expect.stringContaining('there is no database with this name, but directory, north'),
  })
  expect(await move('00000000-0000-8000-8abc-000000000000', '--to', 'north')).toMatchObject({
    code: 1,
    text: expect.stringContaining('the directory does not know the clinic'),
  })
  await directory.ownerPool.query('update holdfast.clinic_shard set moving_to = 0 where clinic_no = $1', [clinic.no])
  expect(await shards()).toMatchObject({ code: 0, moving: [{ clinicNo: clinic.no, from: 1, to: 0 }] })
  const listed = await runCaptured(['shards'], env)
  expect(listed.out.at(-1)).toContain(`Clinic ${clinic.no} is being moved from north to directory.`)
  const json = await runCaptured(['move-clinic', clinic.id, '--to', 'directory', '--json'], env)
  expect(JSON.parse(json.out[0] ?? '')).toMatchObject({ dryRun: false, moved: { from: 'north', to: 'directory' } })
})

test('of two copies of a clinic, which shards and doctor name, the chosen one stays', async () => {
  const { rows } = await directory.ownerPool.query<{ id: string; no: number }>(`
    select id, no from holdfast.clinic limit 1`)
  const [clinic] = rows
  if (clinic === undefined) throw new Error('There is a clinic.')
  // A database that was restored to a time before the clinic had moved is like this.
  const stale = `insert into holdfast.clinic (no, id, name, timezone) values ($1, $2, 'Stale', 'UTC')`
  await north.ownerPool.query(stale, [clinic.no, clinic.id])
  const came = `insert into holdfast.arrived_clinic (clinic_no, xid) values ($1, pg_current_xact_id())
                on conflict (clinic_no) do update set arrived_at = now()`
  await directory.ownerPool.query(came, [clinic.no])
  expect(await shards()).toMatchObject({ code: 1, misplaced: [{ clinicNo: clinic.no, inShard: 1, inBoth: true }] })
  const listed = await runCaptured(['shards'], env)
  expect(listed.out.at(-1)).toContain(`choose one with \`holdfast shards choose ${clinic.no} --in NAME\``)
  const migrated = await runCaptured(['migrate'], env)
  expect(migrated.code).toBe(0)
  expect([...migrated.out, ...migrated.err].join('\n')).toContain('its copy in north refuses changes')
  expect(await checksOf(env)).toContainEqual(expect.objectContaining({ name: 'places of clinics', state: 'warning' }))
  const choose = async (...args: string[]) => {
    const { code, out, err } = await runCaptured(['shards', 'choose', ...args], env)
    return { code, text: [...out, ...err].join('\n') }
  }
  expect(await choose('nobody', '--in', 'north')).toMatchObject({ code: 2, text: expect.stringContaining('neither') })
  expect(await choose(clinic.id, '--in', 'nroth')).toMatchObject({
    code: 2,
    text: expect.stringContaining('--in nroth'),
  })
  expect(await choose('999999', '--in', 'north')).toMatchObject({ code: 1, text: expect.stringContaining('not know') })
  const rehearsed = await choose(clinic.id, '--in', 'directory', '--dry-run')
  expect(rehearsed).toMatchObject({ code: 0, text: expect.stringMatching(/directory \(noted\) +0 +–\nnorth +0 +–\n/) })
  expect(rehearsed.text).toContain('The clinic would stay in directory, and be deleted in north.')
  expect(await shards()).toMatchObject({ code: 1 })
  expect(await choose(String(clinic.no), '--in', 'directory')).toMatchObject({
    code: 0,
    text: expect.stringContaining('The clinic is in directory, and was deleted in north.'),
  })
  expect(await shards()).toMatchObject({ code: 0, misplaced: [] })
})

test('verify recounts all databases, or one of them; doctor checks all', async () => {
  const doctor = await aDoctor(north, await aClinic(north))
  await aSlot(north, doctor)
  const all = await runCaptured(['verify', '--json'], env)
  expect(JSON.parse(all.out[0] ?? '')).toMatchObject({
    databases: [
      { name: 'directory', slots: 1, mismatches: 0, problem: null },
      { name: 'north', slots: 1, mismatches: 0, problem: null },
    ],
  })
  expect(all.code).toBe(0)
  const one = await runCaptured(['verify', '--shard', 'north', '--json'], env)
  expect(JSON.parse(one.out[0] ?? '')).toMatchObject({ slots: 1, mismatches: 0 })
  const first = await runCaptured(['verify', '--shard', 'directory', '--json'], env)
  expect(JSON.parse(first.out[0] ?? '')).toMatchObject({ slots: 1, bookings: 0, mismatches: 0 })

  const checks = await checksOf(env)
  const statesOf = (name: string) => checks.filter((check) => check.name === name).map(({ state }) => state)
  expect(statesOf('database')).toEqual(['ok'])
  expect(statesOf('north: database')).toEqual(['ok'])

  const away = { ...env, HOLDFAST_SHARDS: 'north=postgres://nobody@127.0.0.1:1/holdfast' }
  const { code, out } = await runCaptured(['verify', '--json'], away)
  expect(JSON.parse(out[0] ?? '')).toMatchObject({
    databases: [
      { name: 'directory', mismatches: 0 },
      { name: 'north', problem: expect.stringContaining('ECONNREFUSED') },
    ],
  })
  expect(code).toBe(1)
  expect((await runCaptured(['doctor'], away)).code).toBe(1)

  const { HOLDFAST_SHARDS: _, ...alone } = env
  const some = await runCaptured(['verify', '--json'], alone)
  const problem = 'it has clinics, and is missing in HOLDFAST_SHARDS'
  expect(some.code).toBe(1)
  expect(JSON.parse(some.out[0] ?? '')).toMatchObject({
    databases: [
      { name: 'directory', problem: null },
      { name: 'north', problem },
    ],
  })
  expect(await checksOf(alone)).toContainEqual(
    expect.objectContaining({
      name: 'shards',
      state: 'error',
      found: expect.stringMatching(/^the directory knows north \(the database 1\) with \d+ clinics, which HOLDFAST_SH/),
    }),
  )

  await north.ownerPool.query('update holdfast.slot set taken = 1')
  const wrong = await runCaptured(['verify'], env)
  expect(wrong.code).toBe(1)
  expect(wrong.out).toContain('Everything adds up.')
  expect(wrong.out.at(-1)).toBe('Something is wrong: see above.')
})

test('commands for one database name those that there are; no backup goes to the place of another one', async () => {
  for (const command of [['verify'], ['renumber-log'], ['archive', '--list'], ['repeat-erasures'], ['backup']]) {
    const { code, err } = await runCaptured([...command, '--shard', 'nroth'], env)
    expect(code).toBe(2)
    expect(err.join()).toContain('--shard nroth: HOLDFAST_SHARDS has no database with this name, but north')
  }
  const renumbered = await runCaptured(['renumber-log', '--shard', 'north', '--json'], env)
  expect(renumbered).toMatchObject({ code: 0, out: [JSON.stringify({ renumbered: 0 })] })
  const placed = { ...env, HOLDFAST_BACKUP_TO: '/nonexistent' }
  const { code, err } = await runCaptured(['backup', '--shard', 'north'], placed)
  expect(code).toBe(2)
  expect(err.join()).toContain('expected --to')
})

test('a database that cannot be reached, or is not in HOLDFAST_SHARDS although it has clinics, is named', async () => {
  const away = { HOLDFAST_SHARDS: 'north=postgres://nobody@127.0.0.1:1/holdfast' }
  const nowhere = { name: 'north', no: 1, clinics: null, problem: expect.stringContaining('ECONNREFUSED') }
  expect(await shards(away)).toMatchObject({ code: 1, shards: [{ clinics: 3 }, nowhere] })
  expect((await runCaptured(['migrate'], { ...env, ...away })).code).toBe(1)
  const problem = 'it has clinics, and is missing in HOLDFAST_SHARDS'
  const renamed = { HOLDFAST_SHARDS: `south=${north.ownerUrl}` }
  expect(await shards(renamed)).toMatchObject({
    code: 1,
    shards: [
      { problem: null },
      { name: 'south', no: null, problem: expect.stringContaining('as the name is new, and leads to the database 1') },
      { name: 'north', no: 1, problem },
    ],
  })
  const unmigrated = await runCaptured(['migrate'], { ...env, HOLDFAST_SHARDS: '' })
  expect(unmigrated).toMatchObject({ code: 1, out: [], err: [expect.stringContaining('HOLDFAST_SHARDS lacks')] })
  // The one that is missing may have the newest copy of a clinic.
  for (const args of [
    ['move-clinic', '1', '--to', 'south'],
    ['shards', 'choose', '1', '--in', 'directory'],
    ['shards', 'drain', 'south'],
    ['shards', 'balance', '--dry-run'],
  ]) {
    const refused = await runCaptured(args, { ...env, ...(args[1] === 'balance' ? { HOLDFAST_SHARDS: '' } : renamed) })
    const err = expect.stringMatching(/HOLDFAST_SHARDS lacks north \(the database 1\) with \d+ clinics/)
    expect(refused).toMatchObject({ code: 2, out: [], err: [err] })
  }
})
