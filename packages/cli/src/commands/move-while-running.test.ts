// Drill: a move while servers run
import { advisoryLocks, changeDatabaseUrl, createPool, databaseOf } from '@holdfast/engine'
import { aBooking, aClinic, aDoctor, aSlot, createEmptyDatabase } from '@holdfast/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { runCaptured } from '../../test/captured-context.ts'

/** A session of the test, of the owner or of a role with the password `app`. */
async function connect(url: string, role?: string) {
  const pool = createPool({
    url: role === undefined ? url : changeDatabaseUrl(url, { user: role, password: 'app' }),
    max: 1,
    name: 'test of a move',
  })
  const client = await pool.connect()
  const end = async () => {
    client.release(true)
    await pool.end()
  }
  let ended: Promise<void> | null = null
  const session = {
    query: (text: string) => client.query(text),
    end: () => (ended ??= end()),
  }
  onTestFinished(session.end)
  return session
}

/** A database with a booking, and an empty one on which it may move. */
async function anInstallation() {
  const [old, target] = [await createEmptyDatabase(), await createEmptyDatabase()]
  onTestFinished(() => Promise.all([old.drop(), target.drop()]).then(() => undefined))
  expect((await runCaptured(['migrate'], { DATABASE_URL: old.ownerUrl })).code).toBe(0)
  const ownerPool = createPool({ url: old.ownerUrl, max: 1, name: 'test of a move' })
  await aBooking({ ownerPool }, await aSlot({ ownerPool }, await aDoctor({ ownerPool }, await aClinic({ ownerPool }))))
  await ownerPool.end()
  const owner = await connect(old.ownerUrl)
  const { rows } = await owner.query(`select current_database() || '_holdfast_app' as login`)
  const login: string = rows[0].login
  await owner.query(`alter role "${login}" password 'app'`)
  const move = async (signal?: AbortSignal) => {
    const options = { stdin: target.ownerUrl, ...(signal === undefined ? {} : { signal }) }
    const { code, out, err } = await runCaptured(
      ['move-database', '--to', '-'],
      { DATABASE_URL: old.ownerUrl },
      options,
    )
    return { code, text: [...out, ...err].join('\n') }
  }
  return { old: old.ownerUrl, target: target.ownerUrl, owner, login, move }
}

type Installation = Awaited<ReturnType<typeof anInstallation>>

/** Stops a move before it copies. @returns what lets it go on */
async function stopAtTheCopy({ old, owner }: Installation) {
  const blocker = await connect(old)
  await blocker.query('begin; lock table holdfast.booking in row exclusive mode')
  const waits = async () => {
    const { rows } = await owner.query(`
      select count(*)::int as waiting from pg_locks l join pg_database d on d.oid = l.database
       where d.datname = current_database() and not l.granted and l.mode = 'ShareLock'`)
    return rows[0].waiting
  }
  return {
    reached: () => expect.poll(waits).toBe(1),
    goOn: () => blocker.query('rollback'),
  }
}

const write = `insert into holdfast.specialization (name) values ('written')`
const isWritable = async (url: string) => (await (await connect(url)).query(write)).rowCount === 1

test('a server that starts during a move can’t write, and is refused when the database has moved', async () => {
  const installation = await anInstallation()
  const { old, target, login, move } = installation
  const copy = await stopAtTheCopy(installation)
  const moving = move()
  await copy.reached()
  const starting = runCaptured(['migrate'], { DATABASE_URL: old })
  const server = await connect(old, login)
  await expect(server.query(write)).rejects.toThrow(/read-only transaction/)
  await copy.goOn()
  expect(await moving).toMatchObject({ code: 0, text: expect.stringContaining('The old database is read-only now') })
  expect((await starting).err.join()).toMatch(/is read-only: it is being moved, or was moved/)
  expect((await (await connect(target)).query('select from holdfast.booking')).rowCount).toBe(1)
  await expect(isWritable(old)).rejects.toThrow(/read-only transaction/)
})

test('a server that starts after the first check is found, and the old database accepts its writes again', async () => {
  const { old, target, login, move } = await anInstallation()
  const blocker = await connect(target)
  await blocker.query(`select pg_advisory_lock(${advisoryLocks.serverStart.join()})`)
  const moving = move()
  const starts = `select from pg_stat_activity
                   where datname = current_database() and application_name = 'holdfast start'`
  await expect.poll(async () => (await blocker.query(starts)).rowCount).toBe(1)
  await connect(old, login)
  await blocker.end()
  expect(await moving).toMatchObject({ code: 1, text: expect.stringContaining('Holdfast is running on this database') })
  expect(await isWritable(old)).toBe(true)
})

test('a session that began before the move, and is seen only at its end, makes it fail', async () => {
  const installation = await anInstallation()
  const { old, owner, login, move } = installation
  const late = login.replace('holdfast_app', 'late')
  await owner.query(`create role "${late}" login password 'app'`)
  await owner.query(`grant connect on database "${databaseOf(old)}" to "${late}"`)
  const session = await connect(old, late)
  const copy = await stopAtTheCopy(installation)
  const moving = move()
  await copy.reached()
  // It is like a session that reads its settings before the database is closed, and appears among the sessions later.
  await owner.query(`grant holdfast_app to "${late}"`)
  await copy.goOn()
  expect(await moving).toMatchObject({ code: 1, text: expect.stringContaining('Holdfast is running on this database') })
  await session.end()
  expect(await isWritable(old)).toBe(true)
  await owner.query(`revoke connect on database "${databaseOf(old)}" from "${late}"`)
  await owner.query(`drop role "${late}"`)
})

test('a move that ends early, or whose copy is not right, leaves an old database that accepts writes', async () => {
  const installation = await anInstallation()
  const { old, target, owner, move } = installation
  const copy = await stopAtTheCopy(installation)
  const abort = new AbortController()
  const moving = move(abort.signal)
  await copy.reached()
  abort.abort()
  await copy.goOn()
  expect((await moving).code).not.toBe(0)
  expect(await isWritable(old)).toBe(true)
  expect((await (await connect(target)).query('select from holdfast.clinic')).rowCount).toBe(0)
  await owner.query(`delete from holdfast.specialization where name = 'written'`)
  await owner.query('update holdfast.slot set taken = 0')
  expect(await move()).toMatchObject({ code: 1, text: expect.stringContaining('Something is wrong there') })
  expect(await isWritable(old)).toBe(true)
})

test('a move that was killed is repeated, and leaves the old database read-only', async () => {
  const { old, owner, move } = await anInstallation()
  const { rows } = await owner.query('select quote_ident(current_database()) as name')
  await owner.query(`alter database ${rows[0].name} set default_transaction_read_only = on`)
  const { code, text } = await move()
  expect(text).toMatch(/read-only already: a move has ended, or was interrupted/)
  expect(text).toMatch(/1 bookings. Everything adds up/)
  expect(code).toBe(0)
  await expect(isWritable(old)).rejects.toThrow(/read-only transaction/)
})

test('a database that a killed move left read-only accepts writes again by --reopen, and only then', async () => {
  const { old, owner } = await anInstallation()
  const reopen = async (...args: string[]) =>
    (await runCaptured(['move-database', '--reopen', ...args], { DATABASE_URL: old })).out.join()
  expect(await reopen()).toMatch(/accepts writes already/)
  const { rows } = await owner.query('select quote_ident(current_database()) as name')
  await owner.query(`alter database ${rows[0].name} set default_transaction_read_only = on`)
  const refused = await runCaptured(['migrate'], { DATABASE_URL: old })
  expect(refused.err.join()).toContain('run `holdfast move-database --reopen`')
  await expect(isWritable(old)).rejects.toThrow(/read-only transaction/)
  expect(JSON.parse(await reopen('--json'))).toEqual({ reopened: true })
  expect(await isWritable(old)).toBe(true)
  const other = await runCaptured(['move-database', '--reopen', '--to', old], { DATABASE_URL: old })
  expect(other).toMatchObject({ code: 2, err: [expect.stringContaining('--reopen moves nothing')] })
})
