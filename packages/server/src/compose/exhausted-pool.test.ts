import { aClinic, holdLock, type TestDatabase, untilLockWaiters } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect, onTestFinished } from 'vitest'
import { call, serverOn, signIn } from '../../test/running-server.ts'

const connections = 2

/** A server with two connections, and writes of clinics; the row of a clinic can be locked. */
async function stage(database: TestDatabase) {
  const server = await serverOn(database, { HOLDFAST_POOL_SIZE: String(connections) })
  onTestFinished(() => server.stop())
  const bearer = await signIn(server.url)
  type Clinic = Awaited<ReturnType<typeof aClinic>>
  const ofClinic = ({ id }: Clinic) => `${server.url}/api/v1/clinics/${id}`
  const body = { email: 'ada@example.org', role: 'staff' }
  return {
    server,
    change: (clinic: Clinic, phone: string) =>
      call(ofClinic(clinic), { method: 'PATCH', bearer, body: { phone: `+49 30 ${phone}` } }),
    invite: (clinic: Clinic) => call(`${ofClinic(clinic)}/invitations`, { method: 'POST', bearer, body }),
    invitations: async () => (await database.ownerPool.query('select from holdfast.invitation')).rowCount,
    async lock({ no }: Clinic) {
      const lock = await holdLock(database.ownerPool, 'select from holdfast.clinic where no = $1 for update', [no])
      onTestFinished(() => lock.release())
      return lock
    },
  }
}

test('writes that wait for one clinic’s row leave half of the connections to the others', async ({ database }) => {
  const { change, invite, lock } = await stage(database)
  const [locked, other] = [await aClinic(database), await aClinic(database)]
  const held = await lock(locked)
  const waiting = Array.from({ length: 3 * connections }, (_, index) => change(locked, String(index)))
  await untilLockWaiters(database, connections / 2)

  expect((await invite(other)).status).toBe(201)
  await held.release()
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(waiting.map(() => 200))
})

test('writes that wait for two clinics use all connections: others are overloaded, not done', async ({ database }) => {
  const { server, change, invite, invitations, lock } = await stage(database)
  const clinics = [await aClinic(database), await aClinic(database)]
  const other = await aClinic(database)
  const before = await invitations()
  const locks = await Promise.all(clinics.map(lock))
  const waiting = clinics.map((clinic, index) => change(clinic, String(index)))
  await untilLockWaiters(database, connections)

  const refused = await invite(other)
  expect(refused).toMatchObject({ status: 503, body: { code: 'overloaded' } })
  expect(refused.body.detail).toBe('All connections to the database are in use. The request was not processed.')
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await invitations()).toBe(before)
  expect(server.logText()).toContain('"msg":"request not processed"')

  for (const one of locks) await one.release()
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200])
  expect((await invite(other)).status).toBe(201)
})
