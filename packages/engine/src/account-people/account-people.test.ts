import { randomUUID } from 'node:crypto'
import { holdLock, type TestDatabase, untilLockWaiters } from '@holdfast/testkit'
import { freshDatabaseTest, test } from '@holdfast/testkit/database-test'
import { accountPeopleMax } from '@holdfast/vocabulary'
import type pg from 'pg'
import { expect } from 'vitest'
import { createAccountPeople } from './create-account-people.ts'

const mia = { name: 'Mia King', birthDate: '2019-04-03', relation: 'child' } as const
const newKey = () => ({ key: randomUUID(), requestHash: randomUUID() })

test('an account has its own people, the one that was added first first', async ({ database }) => {
  const people = createAccountPeople(database.appPool)
  const [accountId, other] = [randomUUID(), randomUUID()]
  const added = await people.create(accountId, mia, null)
  await people.create(accountId, { name: 'Leo King', birthDate: null, relation: null }, null)
  await people.create(other, { ...mia, name: 'Somebody Else' }, null)
  const [first, second] = await people.list(accountId)
  expect(added).toEqual({ kind: 'done', person: first })
  expect(first).toMatchObject(mia)
  expect(second).toMatchObject({ name: 'Leo King', birthDate: null, relation: null })
  expect((await people.list(other)).map(({ name }) => name)).toEqual(['Somebody Else'])
})

test('a change leaves what it does not name, and another account finds nobody', async ({ database }) => {
  const people = createAccountPeople(database.appPool)
  const [accountId, other] = [randomUUID(), randomUUID()]
  const added = await people.create(accountId, mia, null)
  if (added.kind !== 'done') throw new Error(added.kind)
  const { id } = added.person
  expect(await people.change(other, id, { name: 'Stolen' })).toEqual({ kind: 'person_missing' })
  expect(await people.remove(other, id)).toEqual({ kind: 'person_missing' })
  expect(await people.list(accountId)).toEqual([{ id, ...mia }])
  // The control: the account itself.
  const changed = { id, ...mia, relation: null }
  for (let times = 0; times < 2; times += 1) {
    expect(await people.change(accountId, id, { relation: null })).toEqual({ kind: 'done', person: changed })
  }
  const person = { ...changed, name: 'Mia Lovelace', birthDate: null }
  expect(await people.change(accountId, id, { name: 'Mia Lovelace', birthDate: null })).toEqual({
    kind: 'done',
    person,
  })
  expect(await people.remove(accountId, id)).toEqual({ kind: 'done' })
  expect(await people.remove(accountId, id)).toEqual({ kind: 'person_missing' })
  expect(await people.list(accountId)).toEqual([])
})

test('a request that is repeated adds nobody, also once the person was corrected or removed', async ({ database }) => {
  const people = createAccountPeople(database.appPool)
  const [accountId, key] = [randomUUID(), newKey()]
  const added = await people.create(accountId, mia, key)
  if (added.kind !== 'done') throw new Error(added.kind)
  await people.change(accountId, added.person.id, { name: 'Mia Lovelace' })
  const person = { ...added.person, name: 'Mia Lovelace' }
  expect(await people.create(accountId, mia, key)).toEqual({ kind: 'replayed', person })
  expect(await people.create(accountId, mia, { ...key, requestHash: randomUUID() })).toEqual({ kind: 'key_reused' })
  expect(await people.list(accountId)).toEqual([person])
  await people.remove(accountId, person.id)
  expect(await people.create(accountId, mia, key)).toEqual({ kind: 'person_missing' })
  expect(await people.list(accountId)).toEqual([])
  // No copy of the person is left with the key.
  const { rows } = await database.ownerPool.query('select body from holdfast.answer where key = $1', [key.key])
  expect(rows).toEqual([{ body: person.id }])
})

/** A pool whose connections take no advisory lock. */
function withoutAdvisoryLocks(pool: pg.Pool): pg.Pool {
  const connect = async () => {
    const client = await pool.connect()
    const query = (statement: string | { text: string }) => {
      const text = typeof statement === 'string' ? statement : statement.text
      return client.query(text.includes('pg_advisory_xact_lock') ? 'select' : statement)
    }
    return Object.assign(Object.create(client), { query, release: client.release.bind(client) })
  }
  return Object.assign(Object.create(pool), { connect })
}

/**
 * Two people are added at once to an account that may have one more. A planted trigger keeps both writes from ending
 * before both have counted, or one of them waits for the other.
 */
async function addTwoAtOnce(database: TestDatabase, pool: pg.Pool): Promise<string[]> {
  const { appPool, ownerPool } = database
  const accountId = randomUUID()
  const add = async (its: pg.Pool) => (await createAccountPeople(its).create(accountId, mia, null)).kind
  for (let count = 1; count < accountPeopleMax; count += 1) expect(await add(appPool)).toBe('done')
  await ownerPool.query(`
    create function holdfast.planted() returns trigger language plpgsql as $$
    begin
      perform pg_advisory_xact_lock_shared(4242);
      return new;
    end $$;
    create trigger planted before insert on holdfast.account_person for each row execute function holdfast.planted()`)
  const gate = await holdLock(ownerPool, 'select pg_advisory_xact_lock(4242)')
  const both = Promise.all([add(pool), add(pool)])
  await untilLockWaiters(database, 2)
  await gate.release()
  return (await both).sort()
}

freshDatabaseTest(
  'of two people who are added at once to an account with nine, one is refused',
  async ({ database }) => {
    expect(await addTwoAtOnce(database, database.appPool)).toEqual(['done', 'too_many_people'])
  },
)

freshDatabaseTest('negative control: without the lock of the account, both are added', async ({ database }) => {
  expect(await addTwoAtOnce(database, withoutAdvisoryLocks(database.appPool))).toEqual(['done', 'done'])
})
