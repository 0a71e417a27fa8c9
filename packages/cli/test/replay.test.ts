// Drill: replays of a day of bookings
import { readFileSync } from 'node:fs'
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { portToKeep, until } from '@holdfast/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseCapacityFactor } from '../src/replay/capacity-factor.ts'
import { firstDayOf, weeksToMove } from '../src/replay/plan-replay.ts'
import { readAppointments } from '../src/replay/read-appointments.ts'
import { replayAppointments } from '../src/replay/replay-appointments.ts'
import type { ReplaySummary } from '../src/replay/replay-summary.ts'
import { openTargetServer } from '../src/target/target-server.ts'
import { createEmptyInstallation, type EmptyInstallation } from './empty-installation.ts'
import { type RunningHoldfast, spawnHoldfast, spawnServer, untilFound } from './spawn-holdfast.ts'
import { type SyntheticUnit, syntheticAppointments } from './synthetic-appointments.ts'
import { unitsAtFourFifths } from './units-at-four-fifths.ts'

const admin = { HOLDFAST_ADMIN_EMAIL: 'boss@example.org', HOLDFAST_ADMIN_PASSWORD: 'a long enough password' }
const minute = 60_000

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-replays-'))
  // PostgreSQL does not run as root: the account it runs as has to come through.
  await chmod(directory, 0o711)
})
afterAll(async () => {
  // The server of a killed replay is just ending.
  await rm(directory, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 })
})

async function file(name: string, text: string): Promise<string> {
  const path = join(directory, name)
  await writeFile(path, text)
  return path
}

async function replay(path: string, args: string[], settings: Record<string, string> = {}) {
  const { code, stdout, stderr } = await spawnHoldfast(['replay', 'appointments', path, ...args], settings).ended
  const summary = stdout.trim() === '' ? null : (JSON.parse(stdout) as ReplaySummary)
  return { code, stderr: withoutProgress(stderr), summary }
}

/** A replay that takes longer than ten seconds reports its progress. */
function withoutProgress(stderr: string): string {
  return stderr.replace(/^(clinics|bookings): \d+ of \d+\n/gm, '')
}

const summaryKeys = [
  ...['rows', 'booked', 'replayed', 'confirmed', 'refusedFull', 'failed', 'seconds', 'bookingsPerSecond'],
  ...['latencyMs', 'verify'],
]

describe('against a running server', () => {
  // 5 → 4 and 1 → 1 at 0.8; 50 needs slots for more than one; 41 is one more than a day has slots.
  const units: SyntheticUnit[] = [
    { name: 'RESISTÊNCIA', appointmentsByDay: [5, 1, 50, 0, 12] },
    { name: 'JOANA D´ARC', appointmentsByDay: [0, 41, 7] },
    { name: 'A, "QUOTED" UNIT', appointmentsByDay: [1, 2, 3] },
  ].map((unit) => ({ ...unit, name: unit.name.replaceAll('"', '""') }))
  const counts = units.flatMap((unit) => unit.appointmentsByDay)
  const rows = counts.reduce((sum, count) => sum + count, 0)

  let database: EmptyInstallation
  let owner: EmptyInstallation['owner']
  let server: RunningHoldfast & { url: string }
  let path: string
  /** Before the first replay and after it: midnight may lie between. */
  const replayedOn: Temporal.PlainDate[] = []

  beforeAll(async () => {
    database = await createEmptyInstallation()
    owner = database.owner
    path = await file('units.csv', syntheticAppointments(units))
    server = await spawnServer({ DATABASE_URL: database.ownerUrl, HOLDFAST_RATE_LIMIT: 'off', ...admin })
  })

  afterAll(async () => {
    server.child.kill('SIGTERM')
    expect((await server.ended).code).toBe(0)
    await database.drop()
  })

  test('factor 1: every row is booked and confirmed, and nobody is overbooked', async () => {
    replayedOn.push(Temporal.Now.plainDateISO('America/Sao_Paulo'))
    const { code, summary, stderr } = await replay(path, ['--json', '--url', server.url], admin)
    replayedOn.push(Temporal.Now.plainDateISO('America/Sao_Paulo'))
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(Object.keys(summary ?? {})).toEqual(summaryKeys)
    expect(summary).toMatchObject({ rows, booked: rows, replayed: 0, confirmed: rows, refusedFull: 0, failed: 0 })
    expect(summary?.verify).toMatchObject({ bookings: rows, overbooked: 0, mismatches: 0 })
    expect(Object.keys(summary?.verify ?? {})).toEqual(['slots', 'bookings', 'overbooked', 'mismatches'])
    expect(Object.keys(summary?.latencyMs ?? {})).toEqual(['p50', 'p95', 'p99'])
    expect(summary?.bookingsPerSecond).toBeGreaterThan(0)
    const { rows: places } = await owner.query<{ capacity: number; taken: number; confirmed: number }>(`
      select sum(capacity)::int as capacity, sum(taken)::int as taken,
             (select count(*)::int from holdfast.booking where status = 'CONFIRMED') as confirmed from holdfast.slot`)
    expect(places[0]).toEqual({ capacity: rows, taken: rows, confirmed: rows })
  })

  test('the slots are 15 minutes from 08:00 in Vitória, a week ahead, with as many units as appointments', async () => {
    const { rows: days } = await owner.query<{
      name: string
      day: string
      units: number
      first: string
      last: string
    }>(`
      select c.name, (s.starts_at at time zone c.timezone)::date::text as day, sum(s.capacity)::int as units,
             min(s.starts_at at time zone c.timezone)::time::text as first,
             max(s.ends_at at time zone c.timezone)::time::text as last
        from holdfast.slot s join holdfast.clinic c on c.no = s.clinic_no group by 1, 2 order by 1, 2`)
    expect(days.map((day) => day.units).sort()).toEqual(counts.filter((count) => count > 0).sort())
    const [before, after] = replayedOn
    if (before === undefined || after === undefined) throw new Error('nothing was replayed')
    const ahead = (today: Temporal.PlainDate) =>
      Math.min(...days.map(({ day }) => today.until(day, { largestUnit: 'days' }).days))
    expect(ahead(before)).toBeGreaterThanOrEqual(7)
    expect(ahead(after)).toBeLessThan(14)
    for (const { first, last } of days) {
      expect(first).toBe('08:00:00')
      expect(last <= '18:00:00').toBe(true)
    }
    const weekdays = new Set(days.map(({ day }) => Temporal.PlainDate.from(day).dayOfWeek))
    expect([...weekdays].sort()).toEqual([2, 5, 6, 7])
  })

  test('repeated: every row is replayed, nothing is booked twice', async () => {
    const { code, summary } = await replay(path, ['--json', '--url', server.url], admin)
    expect(code).toBe(0)
    expect(summary).toMatchObject({ rows, booked: 0, replayed: rows, confirmed: rows, refusedFull: 0, failed: 0 })
    expect(summary?.verify).toMatchObject({ bookings: rows, overbooked: 0, mismatches: 0 })
  })

  test('repeated days later, when the days would move by another week: still replayed', async () => {
    const credentials = { email: admin.HOLDFAST_ADMIN_EMAIL, password: admin.HOLDFAST_ADMIN_PASSWORD }
    const replayServer = await openTargetServer(server.url, credentials, new AbortController().signal)
    const { appointments } = await readAppointments(path)
    const first = firstDayOf(appointments)
    const factor = parseCapacityFactor('1')
    if (first === null || factor === null) throw new Error('the file has days')
    const today = Temporal.Now.plainDateISO('America/Sao_Paulo')
    const weeks = weeksToMove(first, today)
    const later = first.add({ weeks }).subtract({ days: 6 })
    expect(weeksToMove(first, later)).toBe(weeks + 1)
    const { summary } = await replayAppointments(
      replayServer,
      { appointments, factor, concurrency: 16, today: later },
      { begin() {}, step() {}, end() {} },
    )
    expect(summary).toMatchObject({ rows, booked: 0, replayed: rows, confirmed: rows })
  })

  test('unconfirmed and missing bookings are completed, and the rest is replayed', async () => {
    // As if an earlier run had been killed: one booking's hold is open still.
    await owner.query(`
      update holdfast.booking set status = 'PENDING', hold_expires_at = now() + interval '10 minutes', version = 1
       where id = (select id from holdfast.booking order by id limit 1)`)
    await owner.query(`
      delete from holdfast.booking_event e using holdfast.booking b
       where b.id = e.booking_id and b.status = 'PENDING' and e.version > 1`)
    const more = await file('more.csv', `${readFileSync(path, 'utf8')}\n`)
    const { summary } = await replay(more, ['--json', '--url', server.url], admin)
    expect(summary).toMatchObject({ booked: 0, replayed: rows, confirmed: rows })
  })

  test('another factor on the same days is refused with a message, and books nothing', async () => {
    const { code, stderr, summary } = await replay(path, ['--capacity', '0.8', '--json', '--url', server.url], admin)
    expect({ code, summary }).toEqual({ code: 1, summary: null })
    expect(stderr).toMatch(/has other slots than this replay needs.*--capacity/)
  })

  test('bad lines: all are reported, nothing is booked', async () => {
    const bad = await file('bad.csv', `${readFileSync(path, 'utf8')}\n1,2,now,2016-05-04,NEW UNIT,F,1\n`)
    const { code, stderr } = await replay(bad, ['--json', '--url', server.url], admin)
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /line \d+, booked_at "now": expected a time with its zone.*\n.*1 problem; nothing was booked/,
    )
    const { rows: found } = await owner.query(`select from holdfast.clinic where name = 'NEW UNIT'`)
    expect(found).toHaveLength(0)
  })

  test('wrong or missing credentials are refused with a message', async () => {
    const none = await replay(path, ['--url', server.url])
    expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining('HOLDFAST_ADMIN_EMAIL') })
    const wrong = await replay(path, ['--url', server.url], { ...admin, HOLDFAST_ADMIN_PASSWORD: 'a wrong password' })
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('does not know this e-mail address') })
  })

  test('an unreachable server is reported', async () => {
    const { code, stderr } = await replay(path, ['--url', 'http://127.0.0.1:9'], admin)
    expect(code).toBe(1)
    expect(stderr).toMatch(/http:\/\/127\.0\.0\.1:9 cannot be reached .*Is the server running there\?/)
  })

  test('rate limits stop the replay, which names the setting that turns them off', async () => {
    const limited = await spawnServer({ DATABASE_URL: database.ownerUrl })
    const small = await file('small.csv', syntheticAppointments([{ name: 'SMALL UNIT', appointmentsByDay: [30] }]))
    const { code, stderr } = await replay(small, ['--json', '--url', limited.url], admin)
    limited.child.kill('SIGTERM')
    await limited.ended
    expect(code).toBe(1)
    expect(stderr).toMatch(/after \d+ of 30 rows the server's rate limits stop the replay.*HOLDFAST_RATE_LIMIT=off/)

    const { summary } = await replay(small, ['--json', '--url', server.url], admin)
    expect(summary).toMatchObject({ rows: 30, confirmed: 30, failed: 0 })
    expect((summary?.booked ?? 0) + (summary?.replayed ?? 0)).toBe(30)
    expect(summary?.replayed).toBeGreaterThan(0)
  })

  test('a killed server that restarts is waited for: every row is booked once', async () => {
    const port = String(await portToKeep())
    const settings = { DATABASE_URL: database.ownerUrl, HOLDFAST_RATE_LIMIT: 'off', PORT: port }
    const first = await spawnServer(settings)
    const many = await file(
      'many.csv',
      syntheticAppointments([{ name: 'LARGE UNIT', appointmentsByDay: [100, 100, 100] }]),
    )
    const running = spawnHoldfast(['replay', 'appointments', many, '--json', '--url', first.url], admin)
    await until(
      async () => {
        const { rows: found } = await owner.query<{ booked: number }>(`
          select count(*)::int as booked from holdfast.booking b join holdfast.clinic c on c.no = b.clinic_no
           where c.name = 'LARGE UNIT'`)
        return (found[0]?.booked ?? 0) >= 50
      },
      () => `no bookings: ${running.stderr()}`,
      minute,
    )
    first.child.kill('SIGKILL')
    await first.ended
    const second = await spawnServer(settings)
    const { code, stdout, stderr } = await running.ended
    second.child.kill('SIGTERM')
    await second.ended
    expect({ code, stderr: withoutProgress(stderr) }).toEqual({ code: 0, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({
      rows: 300,
      booked: 300,
      replayed: 0,
      confirmed: 300,
      failed: 0,
      verify: { bookings: 300, overbooked: 0, mismatches: 0 },
    })
  })

  test('two replays of one file at the same time book every row once between them', async () => {
    const units = [
      { name: 'SHARED UNIT', appointmentsByDay: [60, 45, 3] },
      { name: 'SHARED TOO', appointmentsByDay: [50] },
    ]
    const shared = await file('shared.csv', syntheticAppointments(units))
    const both = await Promise.all([1, 2].map(() => replay(shared, ['--json', '--url', server.url], admin)))
    expect(both.map(({ code, stderr }) => ({ code, stderr }))).toEqual(both.map(() => ({ code: 0, stderr: '' })))
    const booked = both.map(({ summary }) => summary?.booked ?? 0)
    expect(booked.reduce((sum, count) => sum + count, 0)).toBe(158)
    for (const { summary } of both) {
      expect(summary).toMatchObject({ rows: 158, confirmed: 158, refusedFull: 0, failed: 0, verify: { bookings: 158 } })
    }
  })

  test('an overbooked slot is found, and the replay exits 1', async () => {
    await owner.query(`update holdfast.slot set taken = taken - 1
        where id = (select min(id::text)::uuid from holdfast.slot)`)
    const { code, summary, stderr } = await replay(path, ['--json', '--url', server.url], admin)
    await owner.query(`update holdfast.slot set taken = taken + 1
        where id = (select min(id::text)::uuid from holdfast.slot)`)
    expect(code).toBe(1)
    expect(summary?.verify.mismatches).toBeGreaterThan(0)
    expect(stderr).toMatch(/verify: taken_differs/)
  })
})

describe('with a temporary server', () => {
  const counts = [5, 1, 10, 7, 44]
  const units = [
    { name: 'CENTRO', appointmentsByDay: counts.slice(0, 3) },
    { name: 'SÃO PEDRO', appointmentsByDay: counts.slice(3) },
  ]
  const rows = counts.reduce((sum, count) => sum + count, 0)

  test('factor 0.8: exactly Σ ceil(0.8 n) are booked, and nothing is left behind', async () => {
    const path = await file('throw-away.csv', syntheticAppointments(units))
    const temporary = await temporaryDirectory()
    const { code, summary } = await replay(path, ['--capacity', '0.8', '--json'], { TMPDIR: temporary })
    expect(code).toBe(0)
    const booked = unitsAtFourFifths(counts)
    expect(summary).toMatchObject({ rows, booked, confirmed: booked, refusedFull: rows - booked, failed: 0 })
    expect(summary?.verify).toMatchObject({ bookings: booked, overbooked: 0, mismatches: 0 })
    expect(await readdir(temporary)).toEqual([])
  })

  test.each(['SIGINT', 'SIGKILL'] as const)('%s: the server and its database end too', async (signal) => {
    const path = await file('interrupted.csv', syntheticAppointments([{ name: 'LONG', appointmentsByDay: [2000] }]))
    const temporary = await temporaryDirectory()
    const running = spawnHoldfast(['replay', 'appointments', path], { TMPDIR: temporary })
    const pids = await pidsOfThrowaway(temporary, running)
    running.child.kill(signal)
    const { code } = await running.ended
    expect(code).toBe(signal === 'SIGINT' ? 130 : 'SIGKILL')
    await until(
      async () => (pids.some(isAlive) ? undefined : true),
      () => `still alive: ${pids.filter(isAlive)}`,
      minute,
    )
    if (signal === 'SIGINT') expect(await readdir(temporary)).toEqual([])
  })

  async function temporaryDirectory(): Promise<string> {
    const temporary = await mkdtemp(join(directory, 'tmp-'))
    await chmod(temporary, 0o711)
    return temporary
  }

  /** The embedded server's process, as soon as it accepts connections. */
  async function pidsOfThrowaway(temporary: string, running: RunningHoldfast): Promise<number[]> {
    await untilFound(running, () => /temporary server/.exec(running.stderr())?.[0])
    const pid = await until(
      async () => {
        const [name = 'none'] = await readdir(temporary)
        const text = await readFile(join(temporary, name, 'postgres', 'postmaster.pid'), 'utf8').catch(() => '')
        const lines = text.split('\n').map((line) => line.trim())
        return lines.includes('ready') ? Number(lines[0]) : undefined
      },
      () => `no database in ${temporary}: ${running.stderr()}`,
      minute,
    )
    return [pid]
  }
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
