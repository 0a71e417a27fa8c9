// Rest: each command on a database
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCaptured } from '../../test/captured-context.ts'
import { createEmptyInstallation, type EmptyInstallation } from '../../test/empty-installation.ts'

// One database, used in the order of a new installation: each test continues where the one before it ended.
let database: EmptyInstallation
let owner: EmptyInstallation['owner']
let directory: string
let env: Record<string, string>

beforeAll(async () => {
  database = await createEmptyInstallation()
  owner = database.owner
  directory = await mkdtemp(join(tmpdir(), 'holdfast-commands-'))
  env = { DATABASE_URL: database.ownerUrl, PORT: '0' }
})

afterAll(async () => {
  await rm(directory, { recursive: true })
  await database.drop()
})

async function holdfastJson(...args: string[]) {
  const { code, out, err } = await runCaptured([...args, '--json'], env)
  return { code, err, output: out.length === 1 ? JSON.parse(out[0] ?? '') : out }
}

async function file(name: string, text: string): Promise<string> {
  const path = join(directory, name)
  await writeFile(path, text)
  return path
}

function stateOf(output: { checks: { name: string; state: string }[] }, name: string): string[] {
  return output.checks.filter((check) => check.name === name).map(({ state }) => state)
}

describe('an empty database', () => {
  test('verify refuses it and says what to run', async () => {
    const { code, err } = await runCaptured(['verify'], env)
    expect(code).toBe(1)
    expect(err.join('\n')).toMatch(/not up to date.*run `holdfast migrate` first/)
  })

  test('doctor reports that it is empty, and changes nothing', async () => {
    const { code, output } = await holdfastJson('doctor')
    expect(code).toBe(0)
    expect(stateOf(output, 'migrations')).toEqual(['warning'])
    const { rows } = await owner.query(`select from pg_namespace where nspname = 'holdfast'`)
    expect(rows).toHaveLength(0)
  })

  test('migrate applies everything, and the second time nothing', async () => {
    const first = await holdfastJson('migrate')
    expect(first.code).toBe(0)
    expect(first.output.applied.length).toBeGreaterThan(0)
    expect(first.output.functions).toContain('claim_slots')
    const second = await holdfastJson('migrate')
    const nothing = { applied: [], functions: [], accountTables: [], postponed: [] }
    expect(second.output).toEqual({ version: first.output.version, ...nothing })
    // As if the release before had another function.
    await owner.query('create function holdfast.former() returns integer language sql return 1')
    await owner.query(`insert into holdfast.function_file (name, checksum, release) values ('former', '', '0.0.1')`)
    const plain = await runCaptured(['migrate'], env)
    expect(plain.out).toEqual([
      expect.stringMatching(/^The database is already up to date/),
      'When no server of the release before runs, `holdfast migrate --contract` drops what it used:',
      '  functions/former',
    ])
    const contracted = await runCaptured(['migrate', '--contract'], env)
    expect(contracted.out).toEqual([expect.stringMatching(/^The database is already up to date/)])
    expect((await owner.query("select to_regproc('holdfast.former') as former")).rows).toEqual([{ former: null }])
  })
})

describe('import', () => {
  const clinics = 'clinic,name,timezone\nc1,Praxis,Europe/Berlin\n'
  const doctors = 'doctor,clinic,name,specialization\nd1,c1,Ana Lima,Cardiology\n'
  const firstStart = Temporal.Now.instant().round('hour').add({ hours: 240 })
  const slot = (minutes: number, capacity = 1) => {
    const start = firstStart.add({ minutes })
    return `d1,${start},${start.add({ minutes: 15 })},${capacity}`
  }
  const slots = ['doctor,starts_at,ends_at,capacity', slot(0), slot(15, 3)].join('\n')

  async function importing(slotsText: string, ...options: string[]) {
    return holdfastJson(
      'import',
      ...['--clinics', await file('clinics.csv', clinics)],
      ...['--doctors', await file('doctors.csv', doctors)],
      ...['--slots', await file('slots.csv', slotsText)],
      ...options,
    )
  }

  async function counts() {
    const { rows } = await owner.query<{ clinics: number; doctors: number; slots: number }>(`
      select (select count(*)::int from holdfast.clinic) as clinics,
             (select count(*)::int from holdfast.resource) as doctors,
             (select count(*)::int from holdfast.slot) as slots`)
    return rows[0]
  }

  test('a dry run reports what would happen, and changes nothing', async () => {
    const { code, output } = await importing(slots, '--dry-run')
    expect(code).toBe(0)
    expect(output).toMatchObject({
      dryRun: true,
      clinics: { created: 1 },
      doctors: { created: 1 },
      slots: { created: 2 },
    })
    expect(await counts()).toEqual({ clinics: 0, doctors: 0, slots: 0 })
  })

  test('one bad line: nothing is imported, and the line is named', async () => {
    const bad = await importing(`${slots}\nd1,2020-01-01T08:00:00Z,2020-01-01T08:15:00Z,1`)
    expect(bad.code).toBe(1)
    expect(bad.output.problems).toEqual(['slots, line 4, starts_at "2020-01-01T08:00:00Z": lies in the past'])
    expect(bad.err.at(-1)).toBe('error: 1 problem; nothing was imported')
    const overlapping = await importing(`${slots}\n${slot(5)}`)
    expect(overlapping.code).toBe(1)
    expect(overlapping.output.problems).toEqual([expect.stringMatching(/^slots, line 4: .*overlaps/)])
    expect(await counts()).toEqual({ clinics: 0, doctors: 0, slots: 0 })
  })

  test('imports, and the same files again change nothing', async () => {
    expect((await importing(slots)).output).toMatchObject({
      clinics: { created: 1 },
      slots: { created: 2, skipped: 0, differing: 0 },
    })
    const again = await importing(slots)
    expect(again.output).toMatchObject({
      clinics: { created: 0, existing: 1 },
      doctors: { created: 0, existing: 1 },
      slots: { created: 0, skipped: 2, differing: 0 },
    })
    expect(await counts()).toEqual({ clinics: 1, doctors: 1, slots: 2 })
  })

  test('a missing file is reported on one line', async () => {
    const { code, err } = await runCaptured(['import', '--clinics', join(directory, 'nowhere.csv')], env)
    expect(code).toBe(1)
    expect(err).toEqual([expect.stringMatching(/^error: there is no file .*nowhere\.csv$/)])
  })
})

describe('verify', () => {
  test('finds nothing in a correct database', async () => {
    const { code, output } = await holdfastJson('verify')
    expect(code).toBe(0)
    expect(output).toMatchObject({ slots: 2, bookings: 0, overbooked: 0, mismatches: 0, details: [] })
  })

  test('lists the mismatches, and exits 1', async () => {
    await owner.query('update holdfast.slot set taken = 1 where capacity = 3')
    const { code, output } = await holdfastJson('verify')
    expect(code).toBe(1)
    expect(output).toMatchObject({ mismatches: 1, details: [{ kind: 'taken_differs' }] })
    const plain = await runCaptured(['verify'], env)
    expect(plain.code).toBe(1)
    expect(plain.out.join('\n')).toMatch(/taken_differs clinic .*slot .*Something is wrong/s)
    await owner.query('update holdfast.slot set taken = 0')
  })

  test('prints its report also when the result cannot be recorded, and says so', async () => {
    await owner.query("alter table holdfast.upkeep_result add constraint planted check (kind <> 'verify') not valid")
    const { code, output, err } = await holdfastJson('verify')
    await owner.query('alter table holdfast.upkeep_result drop constraint planted')
    expect(code).toBe(0)
    expect(output).toMatchObject({ slots: 2, mismatches: 0 })
    expect(err.at(-1)).toMatch(/^The result could not be recorded for the metrics: .*planted/)
  })
})

type Checks = { checks: { name: string; fix: string }[] }
const rolesOf = ({ checks }: Checks) => checks.find(({ name }) => name === 'roles')

describe('doctor', () => {
  test('finds no error in a correct installation', async () => {
    // The login of the tests is not this installation's.
    await owner.query(/REVOKE.*/.exec(rolesOf((await holdfastJson('doctor')).output)?.fix ?? '')?.[0] ?? 'fail')
    const { code, output } = await holdfastJson('doctor')
    expect(output.checks.filter(({ state }: { state: string }) => state === 'error')).toEqual([])
    expect(code).toBe(0)
    for (const name of ['migrations', 'roles', 'partitions']) expect(stateOf(output, name)).toEqual(['ok'])
    expect(output.versions.postgres).toMatch(/^1[5-9]/)
    expect(output.versions.packages.fastify).toMatch(/^5\./)
  })

  test('warns if the secret is stored in an external database', async () => {
    const secretOf = async (more: Record<string, string>) => {
      const { out } = await runCaptured(['doctor', '--json'], { ...env, ...more })
      return stateOf(JSON.parse(out[0] ?? ''), 'secret')
    }
    expect(await secretOf({})).toEqual(['warning'])
    expect(await secretOf({ HOLDFAST_SECRET_FILE: join(directory, 'secret') })).toEqual(['ok'])
    expect(await secretOf({ HOLDFAST_SECRET: 'a-secret-of-the-tests-that-is-long-enough' })).toEqual(['ok'])
  })

  test('reports a secret that the database was not used with, until it is forgotten', async () => {
    const secretIn = async (name: string, more: Record<string, string>) => {
      const { out } = await runCaptured([name, '--json'], { ...env, ...more })
      return JSON.parse(out[0] ?? '')
    }
    const [other, ours] = ['another-secret-that-is-long-enough-12', 'our-secret-that-is-long-enough-for-it']
    const reset = () => owner.query(`delete from holdfast.setting where name in ('secret', 'secret_fingerprint')`)
    await reset()
    const create = (email: string, secret: string) =>
      runCaptured(['admin', 'create', '--email', email], { ...env, HOLDFAST_SECRET: secret })
    expect((await create('first@example.org', ours)).code).toBe(0)
    expect(stateOf(await secretIn('doctor', { HOLDFAST_SECRET: ours }), 'secret')).toEqual(['ok'])
    const missing = join(directory, 'no-such-secret')
    for (const setting of [{ HOLDFAST_SECRET: other }, { HOLDFAST_SECRET_FILE: missing }, {}]) {
      expect(stateOf(await secretIn('doctor', setting), 'secret')).toEqual(['error'])
    }
    const refused = await create('second@example.org', other)
    expect([refused.code, refused.err.at(-1)]).toEqual([
      1,
      expect.stringContaining('HOLDFAST_SECRET is not the secret'),
    ])
    // What needs no secret works without one.
    expect((await runCaptured(['migrate'], env)).code).toBe(0)
    expect(await secretIn('forget-secret', {})).toEqual({ forgotten: true })
    expect((await runCaptured(['forget-secret'], env)).out.at(-1)).toContain('nothing to do')
    expect((await create('second@example.org', other)).code).toBe(0)
    await reset()
  })

  test('lists every setting with its origin, and no secret', async () => {
    const secrets = {
      HOLDFAST_SECRET: 'never-to-be-shown-0123456789abcdef',
      HOLDFAST_ADMIN_PASSWORD: 'nor-this-one-ever',
    }
    const { out } = await runCaptured(['doctor', '--json'], { ...env, ...secrets, HOLDFAST_HOLD_SECONDS: '90' })
    const { settings } = JSON.parse(out[0] ?? '')
    const named = (name: string) => settings.find((line: { name: string }) => line.name === name)
    expect(named('HOLDFAST_HOLD_SECONDS')).toMatchObject({ value: '90', default: '120', from: 'environment' })
    expect(named('HOST')).toMatchObject({ value: '127.0.0.1', from: 'default' })
    expect(named('HOLDFAST_SECRET')).toMatchObject({ value: '(set)', from: 'environment' })
    for (const secret of Object.values(secrets)) expect(out.join('')).not.toContain(secret)
    const password = URL.parse(database.ownerUrl)?.password
    if (password) expect(out.join('')).not.toContain(password)
  })

  test('lists the errors with fixes, and exits 1', async () => {
    await owner.query('grant insert on holdfast.booking to holdfast_app')
    await owner.query(`delete from holdfast.function_file where name = 'claim_slots'`)
    const pending = await runCaptured(['doctor'], { ...env, PORT: '99999', HOLDFAST_RATELIMIT: 'off' })
    expect(pending.code).toBe(1)
    const text = pending.out.join('\n')
    expect(text).toMatch(/error +settings: PORT: "99999" is not a whole number/)
    expect(text).toMatch(/error +migrations: 1 missing: functions\/claim_slots\n.*→ run `holdfast migrate`/)

    expect((await runCaptured(['migrate'], env)).code).toBe(0)
    await owner.query('grant insert on holdfast.booking to holdfast_app')
    const { code, output } = await holdfastJson('doctor')
    expect(code).toBe(1)
    expect(rolesOf(output)).toMatchObject({
      state: 'error',
      found: 'holdfast_app may write booking without the functions',
    })
    await owner.query('revoke insert on holdfast.booking from holdfast_app')
    expect((await holdfastJson('doctor')).code).toBe(0)
  })

  test('names every function that the application’s role should be able to call and cannot', async () => {
    const { rows } = await owner.query<{ name: string }>(`
      select distinct proname::text as name from pg_proc
       where pronamespace = 'holdfast'::regnamespace and has_function_privilege('holdfast_app', oid, 'execute')
       order by 1`)
    expect(rows.length).toBeGreaterThan(10)
    await owner.query('revoke execute on all functions in schema holdfast from holdfast_app')
    const { output } = await holdfastJson('doctor')
    const names = rows.map(({ name }) => name)
    expect(rolesOf(output)).toMatchObject({ state: 'error', found: `holdfast_app may not call ${names.join(', ')}` })
    expect((await runCaptured(['migrate'], env)).code).toBe(0)
    expect(stateOf((await holdfastJson('doctor')).output, 'roles')).toEqual(['ok'])
  })

  test('an unknown variable is a warning, with the name that it may mean', async () => {
    const { code, out } = await runCaptured(['doctor'], { ...env, HOLDFAST_RATE_LIMTI: 'off' })
    expect(code).toBe(0)
    expect(out.join('\n')).toMatch(/warning +settings: HOLDFAST_RATE_LIMTI .*HOLDFAST_RATE_LIMIT/)
  })
})
