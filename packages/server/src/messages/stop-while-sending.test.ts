// Nightly: each process that is stopped while a mail server is silent
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { aBooking, aClinic, aDoctor, aSlot, createTestDatabase, type TestDatabase, until } from '@holdfast/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { call, settingsFor, signIn, signUp } from '../../test/running-server.ts'
import { type ServerProcess, serverProcess } from '../../test/server-process.ts'
import { createLogger } from '../observe/logger.ts'
import { startWorker } from '../worker.ts'

const stopMsMax = 8_000

/** A mail server that says nothing after its greeting. */
async function aSilentServer() {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.write('220 ready\r\n')
    socket.resume()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function aScene(worker: 'on' | 'off') {
  const database = await createTestDatabase()
  onTestFinished(() => database.drop())
  const env = { ...settingsFor(database), SMTP_URL: await aSilentServer() }
  const server = await serverProcess({ ...env, HOLDFAST_WORKER: worker })
  onTestFinished(async () => void (await server.end('SIGKILL')))
  return { database, env, server }
}

/** The attempts under way, as they would be after a crash. */
async function untilBegun(database: TestDatabase) {
  const begun = async () => {
    const { rows } = await database.ownerPool.query<{ what: string }>(`
      select 'account mail' as what from holdfast.account_mail where not before_sending and attempt_until is not null
       union all select 'message' from holdfast.message where not before_sending and attempt_until is not null`)
    return rows.map(({ what }) => what).toSorted()
  }
  await until(
    async () => (await begun()).length === 2,
    async () => `a mail and a message to be handed over, not only: ${await begun()}`,
    60_000,
  )
  return begun
}

/** Somebody signs up, and a booking is confirmed. */
async function mailsFor({ url }: ServerProcess, database: TestDatabase) {
  const clinic = await aClinic(database)
  const slot = await aSlot(database, await aDoctor(database, clinic))
  const booking = await aBooking(database, slot, {
    status: 'PENDING',
    patient: { name: 'Ada Lovelace', email: 'ada@example.org' },
  })
  const bearer = await signIn(url)
  const confirm = `${url}/api/v1/bookings/${booking.id}/confirm`
  expect((await call(confirm, { method: 'POST', body: {}, bearer })).status).toBe(200)
  await signUp(url, 'grace@example.org')
}

async function msOf(work: Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work
  return performance.now() - startedAt
}

test('a server that is stopped while the mail server is silent ends in time, and records nothing', async () => {
  const { database, server } = await aScene('on')
  await mailsFor(server, database)
  const begun = await untilBegun(database)
  expect(await msOf(server.end())).toBeLessThan(stopMsMax)
  expect(server.child.exitCode).toBe(0)
  expect(await begun()).toEqual(['account mail', 'message'])
})

test('so does a worker', async () => {
  const { database, env, server } = await aScene('off')
  const worker = await startWorker({ env, log: createLogger('silent'), say: () => undefined })
  let stopping: Promise<void> | undefined
  const stop = () => {
    stopping ??= worker.stop()
    return stopping
  }
  onTestFinished(stop)
  await mailsFor(server, database)
  const begun = await untilBegun(database)
  expect(await msOf(stop())).toBeLessThan(stopMsMax)
  expect(await begun()).toEqual(['account mail', 'message'])
})
