// Nightly: each change of a role, with several databases
import { randomUUID } from 'node:crypto'
import { clinicNoIn, createPool, inTransaction, pruneAccountClinic, registerShard, withLoginOf } from '@holdfast/engine'
import { until } from '@holdfast/testkit'
import type pg from 'pg'
import type { Sql } from 'sql-template-tag'
import sql from 'sql-template-tag'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { call, settingsFor, signUp } from '../../test/running-server.ts'
import { startedShards } from '../../test/server-of-shards.ts'
import { accountsPool } from '../accounts/accounts-schema.ts'
import { createPrincipals } from '../accounts/sessions/principals.ts'
import { rightsInShards } from '../accounts/sessions/rights-in-shards.ts'
import { createSessionCookies } from '../accounts/sessions/session-cookie.ts'

const { database, server, scene, end } = await startedShards()
/** It reads what a server reads that has nothing in memory. */
const reader = openReader()
afterAll(async () => {
  await reader.close()
  await end()
})

function openReader() {
  const directory = accountsPool(database.sessionUrl, 2, 'reader')
  const shards = database.shards.map(({ proxy, database: { sessionUrl } }) => ({
    pools: { general: createPool({ url: withLoginOf(proxy.url, sessionUrl), max: 2, name: 'reader' }) },
    rest: { freshness: { breaker: { check: () => undefined } } },
  }))
  const [, shard] = shards
  if (shard === undefined) throw new Error('There are two databases.')
  // All members are of clinics in the second database.
  const rights = rightsInShards(directory, { all: () => shards, find: () => shard, of: () => shard })
  const cookies = createSessionCookies([settingsFor({ ownerUrl: '', appUrl: '' }).HOLDFAST_SECRET ?? ''], false)
  const idle = { patientSeconds: 3_600, staffSeconds: 3_600 }
  return {
    directory,
    shard: shard.pools.general,
    rights,
    rolesOf: async (bearer: string) => {
      const token = cookies.readBearer(bearer) ?? ''
      const found = await createPrincipals(directory, idle, false, { rights }).bySession(token)
      return found?.principal.memberships.map(({ clinicNo, role }) => [clinicNo, role])
    },
    close: () => Promise.all([directory, ...shards.map(({ pools }) => pools.general)].map((pool) => pool.end())),
  }
}

/** The owner of the second database. */
function owner(): pg.Pool {
  const [, shard] = database.shards
  if (shard === undefined) throw new Error('There are two databases.')
  return shard.database.ownerPool
}

/** A clinic in the second database, and somebody who has an invitation to it. */
async function invited() {
  const clinicId = await scene.aClinicIn(1)
  const clinicNo = clinicNoIn(clinicId) ?? 0
  const { body } = await scene.api('POST', `/clinics/${clinicId}/invitations`, {
    email: 'a@example.org',
    role: 'staff',
  })
  const { id: accountId, token } = await signUp(server.url, `${randomUUID()}@example.org`)
  const accept = () =>
    call(`${server.url}/api/v1/invitations/accept`, {
      method: 'POST',
      bearer: token,
      body: { token: String(body.link).split('#')[1] },
    })
  return { clinicId, clinicNo, accountId, token, accept }
}

async function aMember() {
  const member = await invited()
  expect((await member.accept()).status).toBe(200)
  return member
}

type Member = Pick<Awaited<ReturnType<typeof invited>>, 'accountId' | 'clinicNo'>

async function isNoted({ accountId, clinicNo }: Member): Promise<boolean> {
  const { rowCount } = await database.ownerPool.query(sql`select from holdfast.account_clinic
      where account_id = ${accountId} and clinic_no = ${clinicNo}`)
  return rowCount === 1
}

const note = ({ accountId, clinicNo }: Member) =>
  database.ownerPool.query(sql`insert into holdfast.account_clinic (account_id, clinic_no)
      values (${accountId}, ${clinicNo})`)

const giveRole = (client: Pick<pg.PoolClient, 'query'>, { accountId, clinicNo }: Member) =>
  client.query(sql`insert into holdfast.membership (clinic_no, account_id, role)
      values (${clinicNo}, ${accountId}, 'admin')`)

const endRole = ({ accountId, clinicNo }: Member) =>
  owner().query('delete from holdfast.membership where clinic_no = $1 and account_id = $2', [clinicNo, accountId])

test('a role is noted before it is given, and an invitation that is refused leaves no note', async () => {
  const member = await aMember()
  expect(await isNoted(member)).toBe(true)
  expect(await reader.rolesOf(member.token)).toEqual([[member.clinicNo, 'staff']])
  const other = await signUp(server.url, `${randomUUID()}@example.org`)
  const refused = await scene.api('POST', `/clinics/${member.clinicId}/invitations`, {
    email: 'b@example.org',
    role: 'staff',
  })
  await owner().query('update holdfast.invitation set expires_at = now() where id = $1', [refused.body.id])
  const body = { token: String(refused.body.link).split('#')[1] }
  const accepted = await call(`${server.url}/api/v1/invitations/accept`, { method: 'POST', bearer: other.token, body })
  expect(accepted.status).toBe(409)
  expect(await isNoted({ accountId: other.id, clinicNo: member.clinicNo })).toBe(false)
})

test('a role that is ended in the shard has ended at once, and its note is deleted', async () => {
  const member = await aMember()
  // However it is ended: by another server, or by hand.
  await endRole(member)
  expect(await isNoted(member)).toBe(true)
  expect(await reader.rolesOf(member.token)).toEqual([])
  await until(async () => ((await isNoted(member)) ? undefined : true), 'the note to be deleted')
})

test('a change of the role is that of the shard at once, and a removal by the API ends it', async () => {
  const member = await aMember()
  const path = `/clinics/${member.clinicId}/members/${member.accountId}`
  // Else the last admin would be removed.
  await giveRole(owner(), { accountId: randomUUID(), clinicNo: member.clinicNo })
  await scene.api('PATCH', path, { role: 'admin' })
  expect(await reader.rolesOf(member.token)).toEqual([[member.clinicNo, 'admin']])
  await scene.api('DELETE', path)
  expect(await reader.rolesOf(member.token)).toEqual([])
  expect(
    (await call(`${server.url}/api/v1/clinics/${member.clinicId}/bookings`, { bearer: member.token })).status,
  ).toBe(404)
})

test('an interruption between note and role gives nothing, and the invitation can be accepted again', async () => {
  const member = await invited()
  await note(member)
  expect(await reader.rolesOf(member.token)).toEqual([])
  expect((await member.accept()).status).toBe(200)
  expect(await reader.rolesOf(member.token)).toEqual([[member.clinicNo, 'staff']])
  // A lost response is repeated.
  expect((await member.accept()).status).toBe(200)
  expect(await reader.rolesOf(member.token)).toEqual([[member.clinicNo, 'staff']])
})

test('no role is given that cannot be noted', async () => {
  const member = await invited()
  await database.ownerPool.query('revoke insert on holdfast.account_clinic from holdfast_app')
  onTestFinished(async () => {
    await database.ownerPool.query('grant insert on holdfast.account_clinic to holdfast_app')
  })
  expect((await member.accept()).status).toBeGreaterThanOrEqual(500)
  expect((await endRole(member)).rowCount).toBe(0)
  await database.ownerPool.query('grant insert on holdfast.account_clinic to holdfast_app')
  expect((await member.accept()).status).toBe(200)
  expect(await reader.rolesOf(member.token)).toEqual([[member.clinicNo, 'staff']])
})

describe('a note that is deleted while the role is being given', () => {
  /** Runs `prune` between the note and the commit of the role, as an invitation writes them. */
  async function pruneMeanwhile(member: Member, prune: () => Promise<unknown>, { waits }: { waits: boolean }) {
    const giving = await owner().connect()
    onTestFinished(() => giving.release(true))
    await giving.query('begin')
    await giving.query('select from holdfast.clinic where no = $1 for no key update', [member.clinicNo])
    await note(member)
    await giveRole(giving, member)
    const pruned = prune()
    if (waits) {
      await until(async () => {
        const { rowCount } = await owner().query(`select from pg_stat_activity where datname = current_database()
            and wait_event_type = 'Lock'`)
        return rowCount === 0 ? undefined : true
      }, 'the lock of the clinic')
    } else await pruned
    await giving.query('commit')
    await pruned
  }

  test('stays: whoever deletes it waits, and sees the role', async () => {
    const member = await invited()
    await pruneMeanwhile(member, () => pruneAccountClinic(reader.directory, reader.shard, member), { waits: true })
    expect(await isNoted(member)).toBe(true)
    expect(await reader.rolesOf(member.token)).toEqual([[member.clinicNo, 'admin']])
  })

  test('negative control: without the lock of the clinic, the role is not found', async () => {
    const member = await invited()
    const { accountId, clinicNo } = member
    const withoutLock = () =>
      owner()
        .query('select from holdfast.membership where account_id = $1 and clinic_no = $2', [accountId, clinicNo])
        .then(({ rowCount }) =>
          rowCount === 0
            ? database.ownerPool.query(sql`delete from holdfast.account_clinic where account_id = ${accountId}
                and clinic_no = ${clinicNo}`)
            : null,
        )
    await pruneMeanwhile(member, withoutLock, { waits: false })
    expect(await reader.rolesOf(member.token)).toEqual([])
  })
})

describe('a note of an account without a role, while one is given', () => {
  /** The directory, before whose statements of a kind something else happens. */
  function doing(before: 'select' | 'delete', work: (statement: Sql) => Promise<unknown>): Pick<pg.Pool, 'query'> {
    const query = async (statement: Sql) => {
      if (statement.text.trimStart().startsWith(before)) await work(statement)
      return reader.directory.query(statement)
    }
    return { query: query as pg.Pool['query'] }
  }
  const prune = (directory: Pick<pg.Pool, 'query'>, member: Member) =>
    pruneAccountClinic(directory, reader.shard, member)

  async function give(member: Awaited<ReturnType<typeof invited>>): Promise<void> {
    expect((await member.accept()).status).toBe(200)
  }
  /** The deletion, which the directory has not executed yet when the wait for it has ended. */
  async function delayedDeletion(member: Member): Promise<Sql> {
    let deletion: Sql | undefined
    const directory = doing('delete', async (statement) => {
      deletion = statement
      throw new Error('Query read timeout')
    })
    await expect(prune(directory, member)).rejects.toThrow('Query read timeout')
    if (deletion === undefined) throw new Error('Nothing was deleted.')
    return deletion
  }

  test('stays, if the deletion reaches the directory after a timeout', async () => {
    const member = await invited()
    await note(member)
    const deletion = await delayedDeletion(member)
    await give(member)
    expect((await reader.directory.query(deletion)).rowCount).toBe(0)
    expect(await reader.rolesOf(member.token)).toEqual([[member.clinicNo, 'staff']])
  })

  test('stays, if the session with the lock of the clinic is lost', async () => {
    const member = await invited()
    await note(member)
    const directory = doing('delete', async () => {
      const { rowCount } = await owner().query(`select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and state = 'idle in transaction' and query ~ 'update .*membership'`)
      expect(rowCount).toBe(1)
      await give(member)
    })
    await expect(prune(directory, member)).rejects.toThrow()
    expect(await reader.rolesOf(member.token)).toEqual([[member.clinicNo, 'staff']])
  })

  test('stays, if its mark is read before', async () => {
    const member = await invited()
    await note(member)
    let hasRead = false
    const directory: Pick<pg.Pool, 'query'> = {
      query: (async (statement: Sql) => {
        const read = await reader.directory.query(statement)
        if (!hasRead) await give(member)
        hasRead = true
        return read
      }) as pg.Pool['query'],
    }
    await prune(directory, member)
    expect(await reader.rolesOf(member.token)).toEqual([[member.clinicNo, 'staff']])
  })

  test('negative control: it is deleted, if no role was given', async () => {
    const member = await invited()
    await note(member)
    expect((await reader.directory.query(await delayedDeletion(member))).rowCount).toBe(1)
  })
})

test('a role that is not noted has no effect, and the next start of a server notes it', async () => {
  const member = await invited()
  await giveRole(owner(), member)
  expect(await reader.rolesOf(member.token)).toEqual([])
  const [directory, shard] = database.shards
  if (directory === undefined || shard === undefined) throw new Error('There are two databases.')
  await registerShard(directory.database.ownerPool, shard.database.ownerPool, shard.name)
  expect(await reader.rolesOf(member.token)).toEqual([[member.clinicNo, 'admin']])
})

test('second factors: whoever had a role has none any more, and whose role cannot be read may have one', async () => {
  const member = await aMember()
  const hasRole = () =>
    inTransaction(reader.directory, (transaction) => reader.rights.hasRole(transaction, member.accountId))
  expect(await hasRole()).toBe(true)
  await endRole(member)
  expect(await hasRole()).toBe(false)
  await until(async () => ((await isNoted(member)) ? undefined : true), 'the note to be deleted')
  await note(member)
  await database.shards[1]?.proxy.cut()
  onTestFinished(async () => database.shards[1]?.proxy.restore())
  expect(await hasRole()).toBe(true)
})
