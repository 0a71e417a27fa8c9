// Drill: replays of a day of cases
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { plantFunction } from '@holdfast/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CasesSummary } from '../src/cases/import-cases.ts'
import { casesOfFile } from './cases-of-file.ts'
import { createEmptyInstallation, type EmptyInstallation } from './empty-installation.ts'
import { expectAsInFile } from './expect-as-in-file.ts'
import { type RunningHoldfast, spawnHoldfast, spawnServer } from './spawn-holdfast.ts'

const admin = { HOLDFAST_ADMIN_EMAIL: 'boss@example.org', HOLDFAST_ADMIN_PASSWORD: 'a long enough password' }
const header =
  'case_id,date,room,service,cpt_code,procedure,booked_minutes,scheduled_start,' +
  'wheels_in,incision_start,incision_end,wheels_out'

type Row = [id: string, room: string, day: number, start: string, booked: number, wheelsIn: string, wheelsOut: string]

/** Two rooms on two days: an overlap, one that touches another, a full block, and rows that are out of order. */
const rows: Row[] = [
  ['1', 'A', 3, '07:00', 90, '07:05', '08:40'],
  ['2', 'A', 3, '08:30', 60, '09:00', '09:50'],
  ['3', 'A', 3, '09:00', 45, '09:55', '10:40'],
  ['4', 'A', 3, '12:00', 60, '12:10', '15:30'],
  ['5', 'B', 3, '07:00', 300, '06:55', '12:00'],
  ['6', 'B', 3, '12:00', 200, '12:20', '15:00'],
  ['7', 'B', 3, '12:00', 180, '12:25', '15:10'],
  ['8', 'A', 4, '10:00', 60, '10:00', '11:00'],
  ['9', 'A', 4, '07:30', 120, '07:30', '09:20'],
]

function fileOf(some: readonly Row[]): string {
  const lines = some.map(([id, room, day, start, booked, wheelsIn, wheelsOut]) => {
    const date = `2022-01-0${day}`
    const times = [start, wheelsIn, wheelsIn, wheelsOut, wheelsOut].map((time) => `${date}T${time}`)
    return [id, date, room, 'Orthopaedics', '27447', '"Knee, total"', booked, ...times].join(',')
  })
  return [header, ...lines].join('\n')
}

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-cases-'))
})
afterAll(() => rm(directory, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 }))

async function file(name: string, text: string): Promise<string> {
  const path = join(directory, name)
  await writeFile(path, text)
  return path
}

async function run(args: string[], settings: Record<string, string> = {}) {
  const { code, stdout, stderr } = await spawnHoldfast(args, settings).ended
  const isJson = args.includes('--json') && stdout.trim() !== ''
  return { code, stdout, stderr, summary: isJson ? (JSON.parse(stdout) as CasesSummary) : null }
}

describe('against a running server', () => {
  let database: EmptyInstallation
  let server: RunningHoldfast & { url: string }
  let path: string
  const text = fileOf(rows)

  beforeAll(async () => {
    database = await createEmptyInstallation()
    path = await file('cases.csv', text)
    server = await spawnServer({ DATABASE_URL: database.ownerUrl, HOLDFAST_RATE_LIMIT: 'off', ...admin })
  })

  afterAll(async () => {
    server.child.kill('SIGTERM')
    expect((await server.ended).code).toBe(0)
    await database.drop()
  })

  const replay = (of: string, ...args: string[]) => run(['replay', 'cases', of, '--url', server.url, ...args], admin)

  test('every row is booked, or refused with the row that it overlaps and both times', async () => {
    const { code, summary, stderr } = await replay(path, '--json')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expectAsInFile(summary, text)
    expect(summary).toMatchObject({ rows: 9, booked: 7, refusedOverlap: 1, refusedBlock: 1 })
    expect(summary?.refused).toEqual([
      {
        caseId: '3',
        room: 'A',
        from: '2022-01-03T09:00',
        to: '2022-01-03T09:45',
        why: 'overlap',
        overlaps: [{ caseId: '2', from: '2022-01-03T08:30', to: '2022-01-03T09:30' }],
      },
      { caseId: '6', room: 'B', from: '2022-01-03T12:00', to: '2022-01-03T15:20', why: 'block', overlaps: [] },
    ])
  })

  test('a second run books nothing twice, and gives the same result', async () => {
    const { code, summary } = await replay(path, '--json')
    expect(code).toBe(0)
    expectAsInFile(summary, text)
    const { rows: found } = await database.owner.query<{ cases: number }>(`select count(*)::int as cases
        from holdfast.theatre_case`)
    expect(found[0]?.cases).toBe(7)
  })

  test('a run on a later day finds the cases beyond a page of a thousand', async () => {
    // Cancelled ones count in a page, and are left out of it.
    await database.owner.query(`
      with first as (select clinic_no, booking_id from holdfast.theatre_case order by starts_at limit 1),
            ids as materialized (select holdfast.new_id(clinic_no, now()) as id from first, generate_series(1, 1001)),
            added as (
              insert into holdfast.booking
              select (jsonb_populate_record(b, jsonb_build_object('id', ids.id, 'status', 'CANCELLED'))).*
                from first join holdfast.booking b on b.clinic_no = first.clinic_no and b.id = first.booking_id, ids)
       insert into holdfast.theatre_case
       select (jsonb_populate_record(t, jsonb_build_object('booking_id', ids.id))).*
         from first join holdfast.theatre_case t using (clinic_no, booking_id), ids`)
    await database.owner.query('delete from holdfast.idempotency')
    await database.owner.query('delete from holdfast.answer')
    // Its verification finds the rows that were added; without them, all of it is as in the first run.
    const { summary } = await replay(path, '--json')
    expect(summary).toMatchObject({ rows: 9, booked: 7, refusedOverlap: 1, refusedBlock: 1 })
    await database.owner.query(`delete from holdfast.theatre_case t using holdfast.booking b
        where b.clinic_no = t.clinic_no and b.id = t.booking_id and b.status = 'CANCELLED'`)
    await database.owner.query(`delete from holdfast.booking where status = 'CANCELLED'`)
  })

  test('rows are printed with both times, and the report below them', async () => {
    const { code, stdout } = await replay(path)
    expect(code).toBe(0)
    expect(stdout).toContain(
      '3 in room A, 2022-01-03T09:00 to 2022-01-03T09:45: overlaps 2, 2022-01-03T08:30 to 2022-01-03T09:30',
    )
    expect(stdout).toMatch(/^ {2}all +7 /m)
    expect(stdout).toMatch(/^ {2}Room A +5 /m)
  })

  test('an import needs a clinic in the file’s time zone, and books there', async () => {
    const { rows: clinics } = await database.owner.query<{ id: string }>('select id from holdfast.clinic')
    const import_ = (...args: string[]) =>
      run(['import', 'cases', path, '--url', server.url, '--clinic', clinics[0]?.id ?? '', ...args], admin)
    const elsewhere = await import_('--zone', 'Europe/Berlin')
    expect(elsewhere.code).toBe(1)
    expect(elsewhere.stderr).toContain('the clinic is in the time zone America/New_York')
    const { code, summary } = await import_('--json')
    expect(code).toBe(0)
    expectAsInFile(summary, text)
    const without = await run(['import', 'cases', path, '--url', server.url], admin)
    expect(without).toMatchObject({ code: 2, stderr: expect.stringContaining('--clinic') })
  })

  test('a second run refuses the same rows, also where cases that ended early have given time back', async () => {
    const early: Row[] = [
      ['1', 'A', 3, '07:00', 90, '07:05', '07:40'],
      ['2', 'A', 3, '08:00', 60, '08:05', '08:55'],
      ['3', 'B', 3, '07:00', 300, '07:00', '09:00'],
      ['4', 'B', 3, '12:00', 200, '12:00', '15:10'],
    ]
    const earlyText = fileOf(early)
    const earlyPath = await file('early.csv', earlyText)
    const inBerlin = () => replay(earlyPath, '--zone', 'Europe/Berlin', '--json')
    const first = await inBerlin()
    expectAsInFile(first.summary, earlyText)
    expect(first.summary?.refused).toMatchObject([
      { caseId: '2', why: 'overlap', overlaps: [{ caseId: '1', from: '2022-01-03T07:00', to: '2022-01-03T08:30' }] },
      { caseId: '4', why: 'block', overlaps: [] },
    ])
    const second = await inBerlin()
    expect(second).toEqual(first)
  })

  test('another file of the same rooms and days is booked in a clinic of its own', async () => {
    const clinicCount = async () => (await database.owner.query('select from holdfast.clinic')).rowCount ?? 0
    const before = await clinicCount()
    const other = fileOf([['10', 'A', 3, '07:15', 60, '07:15', '08:10'], ...rows.slice(1)])
    const otherPath = await file('other.csv', other)
    for (const _ of ['first', 'again']) {
      const { code, summary, stderr } = await replay(otherPath, '--json')
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expectAsInFile(summary, other)
    }
    expect(await clinicCount()).toBe(before + 1)
  })

  test('negative control: a server that books what the file excludes is found out, row by row', async () => {
    await database.owner.query(`
      alter table holdfast.allocation drop constraint allocation_no_overlap;
      alter table holdfast.slot drop constraint slot_never_overbooked`)
    const planted = { ownerPool: database.owner, schema: 'holdfast' }
    await plantFunction(planted, 'case_conflicts', { part: /\nbegin\n/, becomes: "\nbegin\n  return '[]';\n" })
    const { summary, stderr } = await replay(path, '--zone', 'Europe/London', '--json')
    expect(summary, stderr).toMatchObject({ rows: 9, refusedOverlap: 0, refusedBlock: 0, failed: 2 })
    expect(stderr).toContain('booked, though it overlaps 2')
    expect(stderr).toContain('booked, though its block has no minutes left')
  })

  test('bad lines: all are reported, and nothing is booked', async () => {
    const good = '20,2022-01-05,A,S,1,P,60,2022-01-05T08:00,,,,'
    const bad = await file(
      'bad.csv',
      [
        header,
        good,
        good,
        '21,2022-01-05,A,S,1,P,0,2022-01-05T08:00,,,,',
        '22,2022-01-05,A,S,1,P,60,2022-01-05T08:00Z,,,,',
        '23,2022-01-06,A,S,1,P,60,2022-01-05T08:00,,,,',
      ].join('\n'),
    )
    const { code, stderr } = await replay(bad)
    expect(code).toBe(1)
    expect(stderr).toContain('line 3, case_id "20": is already on line 2')
    expect(stderr).toContain('line 4, booked_minutes "0": expected a whole number from 1 to 1440')
    expect(stderr).toContain('line 5, scheduled_start "2022-01-05T08:00Z": expected a local time')
    expect(stderr).toContain('line 6, date "2022-01-06": expected the date of scheduled_start, 2022-01-05')
    expect(stderr).toContain('4 problems; nothing was booked')
  })

  test('negative control: a computation from another file does not agree', () => {
    const other = casesOfFile(fileOf(rows.map((row, index) => (index === 0 ? row.with(6, '08:41') : row) as Row)))
    expect(other.figures.inBlockMinutes).not.toBe(casesOfFile(text).figures.inBlockMinutes)
    expect(casesOfFile(fileOf(rows.slice(1))).booked).toBe(6)
  })
})
