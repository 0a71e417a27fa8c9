import { aClinic, holdLock, untilLockWaiters } from '@holdfast/testkit'
import { test } from '@holdfast/testkit/database-test'
import { expect, onTestFinished } from 'vitest'
import { call, serverOn, signIn } from '../../test/running-server.ts'

const connections = 2

test('writes that wait for one clinic’s row use all connections: others are overloaded, and not done', async ({
  database,
}) => {
  const server = await serverOn(database, { HOLDFAST_POOL_SIZE: String(connections) })
  onTestFinished(() => server.stop())
  const [locked, other] = [await aClinic(database), await aClinic(database)]
  const bearer = await signIn(server.url)
  const ofClinic = ({ id }: { id: string }) => `${server.url}/api/v1/clinics/${id}`
  const change = (phone: string) => call(ofClinic(locked), { method: 'PATCH', bearer, body: { phone } })
  const body = { email: 'ada@example.org', role: 'staff' }
  const invite = () => call(`${ofClinic(other)}/invitations`, { method: 'POST', bearer, body })
  const invitations = async () => (await database.ownerPool.query('select from holdfast.invitation')).rowCount

  const lock = await holdLock(database.ownerPool, 'select from holdfast.clinic where no = $1 for update', [locked.no])
  onTestFinished(() => lock.release())
  const waiting = Array.from({ length: connections }, (_, index) => change(`+49 30 ${index}`))
  await untilLockWaiters(database, connections)
  const refused = await invite()
  expect(refused).toMatchObject({ status: 503, body: { code: 'overloaded' } })
  expect(refused.body.detail).toBe('All connections to the database are in use. The request was not processed.')
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await invitations()).toBe(0)
  expect(server.logText()).toContain('"msg":"request not processed"')

  await lock.release()
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200])
  expect((await invite()).status).toBe(201)
  expect(await invitations()).toBe(1)
})
