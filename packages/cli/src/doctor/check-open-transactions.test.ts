import { aBooking } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { checkOpenTransactions } from './check-open-transactions.ts'

test('a transaction that holds back the log is a warning with its session', async ({ database, slot }) => {
  const check = () => checkOpenTransactions(database.ownerPool)
  const client = await database.ownerPool.connect()
  await client.query('begin')
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid, pg_current_xact_id()')
  expect(await check()).toMatchObject({ state: 'ok', found: 'none holds back the log' })
  await aBooking(database, slot, { createdAt: new Date(Date.now() - 60_000) })
  const pid = rows[0]?.pid
  expect(await check()).toMatchObject({
    state: 'warning',
    found: expect.stringMatching(new RegExp(`wait for 6\\d s, for the session ${pid} \\(test owner, `)),
    fix: expect.stringContaining(`pg_terminate_backend(${pid})`),
  })
  await client.query('rollback')
  client.release()
  expect(await check()).toMatchObject({ state: 'ok' })
})
