import { aClinic, aDoctor, aSlot, holdLock, until } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect, onTestFinished } from 'vitest'
import { call, serverOn } from '../../test/running-server.ts'

const message = 'statements wait too long for locks that these sessions have'

test('a booking that waits for a locked slot is refused as locked, the log names the session', async ({ database }) => {
  const server = await serverOn(database, { HOLDFAST_LOCK_WAIT_MS_MAX: '300', HOLDFAST_QUEUE_WAIT_MS_MAX: '1500' })
  onTestFinished(() => server.stop())
  const slot = await aSlot(database, await aDoctor(database, await aClinic(database)))
  const statement = 'select pg_backend_pid() from holdfast.slot where id = $1 for update'
  const lock = await holdLock(database.ownerPool, statement, [slot.id])
  onTestFinished(() => lock.release())
  const { rows } = await database.ownerPool.query<{ pid: number }>(`select pid from pg_stat_activity
      where datname = current_database() and state = 'idle in transaction'`)
  // Negative control: a session that has a lock for which nobody waits.
  const unwanted = await aSlot(database, await aDoctor(database, await aClinic(database)))
  const idle = await holdLock(database.ownerPool, statement, [unwanted.id])
  onTestFinished(() => idle.release())
  const body = { slotId: slot.id, patient: { name: 'Ada Park', email: 'ada@example.org' } }
  const book = () => call(`${server.url}/api/v1/bookings`, { method: 'POST', body })

  const refused = await book()
  expect(refused).toMatchObject({ status: 503, body: { code: 'locked' } })
  expect(refused.headers.get('retry-after')).toBe('1')
  const logged = await until(
    async () =>
      server
        .logText()
        .split('\n')
        .find((line) => line.includes(message)),
    'a line about the lock',
    12_000,
  )
  // No other session is named.
  expect(JSON.parse(logged)).toMatchObject({ level: 'warn', blockers: [{ pid: rows[0]?.pid }] })

  // Once a minute.
  expect((await book()).body.code).toBe('locked')
  expect(server.logText().split(message)).toHaveLength(2)
  await lock.release()
  expect((await book()).status).toBe(201)
})
