import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { withEmbeddedPostgres } from '@holdfast/adapters/embedded-postgres'
import { changeDatabaseUrl, createPool, type DatabasePool } from '@holdfast/engine'
import { aBooking, aClinic, aDoctor, aSlot, createEmptyDatabase } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { runCaptured } from '../../test/captured-context.ts'

// One installation that moves on: each test continues where the one before it ended.
type Place = Awaited<ReturnType<typeof createEmptyDatabase>>
const bookings = 30
let old: Place
let target: Place
let directory: string
let pool: DatabasePool

beforeAll(async () => {
  ;[old, target] = [await createEmptyDatabase(), await createEmptyDatabase()]
  directory = await mkdtemp(join(tmpdir(), 'hf-move-'))
  // The account that runs PostgreSQL for root has to pass through.
  await chmod(directory, 0o711)
  expect((await runCaptured(['migrate'], { DATABASE_URL: old.ownerUrl })).code).toBe(0)
  pool = open(old.ownerUrl)
  // A month for which the new database creates no partition by itself.
  await pool.query(`create table holdfast.booking_y2020m01 partition of holdfast.booking
      for values from (holdfast.id_floor('2020-01-01Z')) to (holdfast.id_floor('2020-02-01Z'))`)
  const doctor = await aDoctor({ ownerPool: pool }, await aClinic({ ownerPool: pool }))
  const slot = await aSlot({ ownerPool: pool }, doctor, { capacity: bookings })
  for (let count = 0; count < bookings; count += 1) await aBooking({ ownerPool: pool }, slot)
})

afterAll(async () => {
  await pool.end()
  await Promise.all([old.drop(), target.drop()])
  await rm(directory, { recursive: true, force: true })
})

function open(url: string) {
  return createPool({ url, max: 1, name: 'test of a move' })
}

async function move(from: string, ...args: string[]) {
  const secretFile = join(directory, 'secret')
  await writeFile(secretFile, `${'s'.repeat(43)}\n`, { mode: 0o600 })
  // The environment is that of an installation.
  const env = { DATABASE_URL: from, HOLDFAST_SECRET_FILE: secretFile }
  const { code, out, err } = await runCaptured(['move-database', ...args], env)
  return { code, text: [...out, ...err].join('\n') }
}

async function rowsOf(url: string): Promise<unknown> {
  const client = open(url)
  try {
    const { rows } = await client.query(`
      select (select jsonb_agg(to_jsonb(b) order by id) from holdfast.booking b) as bookings,
             (select jsonb_agg(to_jsonb(e) - 'xid' order by seq) from holdfast.booking_event e) as events,
             (select last_value from holdfast.booking_event_seq) as last,
             (select count(*)::int from holdfast.directory_change) as changes,
             (select count(*)::int from pg_trigger where tgname like 'note_%' and tgenabled = 'O') as triggers`)
    return rows[0]
  } finally {
    await client.end()
  }
}

test('neither or both places, and a database that is not empty, are refused', async () => {
  expect(await move(old.ownerUrl)).toMatchObject({ code: 2, text: 'error: expected either --to or --to-data' })
  expect(await move(old.ownerUrl, '--to', '-')).toMatchObject({ code: 2, text: expect.stringContaining('has no URL') })
  const refused = await move(old.ownerUrl, '--to', old.ownerUrl)
  expect(refused.text).toMatch(/the new database is not empty: holdfast.clinic has rows. Nothing was changed/)
})

test('it is refused while Holdfast is running on the database', async () => {
  const { rows } = await pool.query(`select current_database() || '_holdfast_app' as login`)
  await pool.query(`alter role "${rows[0].login}" password 'app'`)
  const server = open(changeDatabaseUrl(old.ownerUrl, { user: rows[0].login, password: 'app' }))
  await server.query('select 1')
  try {
    expect((await move(old.ownerUrl, '--to', target.ownerUrl)).text).toMatch(/Holdfast is running on this database/)
  } finally {
    await server.end()
  }
})

test('a rehearsal copies everything and leaves both databases as they were', async () => {
  const before = await rowsOf(old.ownerUrl)
  const args = ['move-database', '--to', '-', '--dry-run']
  const { code, out } = await runCaptured(args, { DATABASE_URL: old.ownerUrl }, { stdin: `${target.ownerUrl}\n` })
  expect(out.join()).toMatch(/Rehearsed: copied \d+ rows/)
  expect(code).toBe(0)
  expect(await rowsOf(target.ownerUrl)).toMatchObject({ bookings: null, events: null })
  // A rollback does not undo what was set in a sequence.
  const rehearsed = open(target.ownerUrl)
  const { rows: numbers } = await rehearsed.query('select is_called from holdfast.clinic_no_seq')
  await rehearsed.end()
  expect(numbers).toEqual([{ is_called: false }])
  expect(await rowsOf(old.ownerUrl)).toEqual(before)
})

test('a move copies every row, keeps the log in order, and makes the old database read-only', async () => {
  const before = await rowsOf(old.ownerUrl)
  const { code, text } = await move(old.ownerUrl, '--to', target.ownerUrl)
  expect(text).toMatch(/30 bookings. Everything adds up. The old database is read-only now/)
  expect(code).toBe(0)
  expect(await rowsOf(target.ownerUrl)).toEqual(before)
  const later = open(old.ownerUrl)
  await expect(later.query('delete from holdfast.booking')).rejects.toThrow(/read-only transaction/)
  await later.end()
})

test('it moves back, into an embedded database', async () => {
  const dataDirectory = join(directory, 'data')
  const { code, text } = await move(target.ownerUrl, '--to-data', dataDirectory)
  expect(text).toMatch(/30 bookings. Everything adds up/)
  expect(code).toBe(0)
  const moved = await withEmbeddedPostgres({ dataDirectory }, ({ ownerUrl }) => rowsOf(ownerUrl))
  expect(moved).toEqual(await rowsOf(target.ownerUrl))
})

test('the embedded database that --from-data names is moved, whatever database the settings name', async () => {
  const [installation, place] = [await createEmptyDatabase(), await createEmptyDatabase()]
  onTestFinished(() => Promise.all([installation, place].map((one) => one.drop())).then(() => undefined))
  const ofInstallation = {
    DATABASE_URL: installation.ownerUrl,
    DATABASE_DIRECT_URL: installation.ownerUrl,
    HOLDFAST_SHARDS: `north=${installation.ownerUrl}`,
  }
  expect((await runCaptured(['migrate'], { DATABASE_URL: installation.ownerUrl })).code).toBe(0)
  const args = (data: string) => ['move-database', '--from-data', data, '--to', '-']
  const stdin = `${place.ownerUrl}\n`
  const nothing = await runCaptured(args(join(directory, 'nothing')), ofInstallation, { stdin })
  expect(nothing).toMatchObject({ code: 2, err: [expect.stringContaining('there is no database in')] })
  const dataDirectory = join(directory, 'data')
  const { code, out, err } = await runCaptured(args(dataDirectory), ofInstallation, { stdin })
  expect([...out, ...err].join('\n')).toMatch(/30 bookings. Everything adds up/)
  expect(code).toBe(0)
  expect(await rowsOf(place.ownerUrl)).toEqual(await rowsOf(target.ownerUrl))
  // Without it, the database of DATABASE_URL would be this one.
  const untouched = open(installation.ownerUrl)
  onTestFinished(() => untouched.end())
  await untouched.query('delete from holdfast.booking')
})
