import { setImmediate } from 'node:timers/promises'
import Fastify, { type FastifyInstance } from 'fastify'
import { expect, test } from 'vitest'
import { draining } from '../edge/overload/draining.ts'
import { createLogger } from '../observe/logger.ts'
import { stopServer } from './stop-server.ts'

async function anApp(): Promise<FastifyInstance> {
  const app = Fastify()
  await app.register(draining, { isStopping: () => true, config: { trustedProxies: 0 } })
  return app
}

const never = () => new Promise<never>(() => undefined)

test('what begins to stop after the time limit is reported as not stopped in time', async () => {
  const lines: string[] = []
  const log = createLogger('error', { write: (line) => void lines.push(line) })
  const app = await anApp()
  app.addHook('onClose', never)
  const part = { stop: never }
  const [jobs, audit, shards] = [part, part, { ...part, all: [{ engine: part }] }]
  const parts = { app, metricsApp: null, jobs, audit, mailer: null, shared: null, shards }
  await stopServer({ ...parts, pools: [] }, 5, log)
  const reported = lines.map((line) => JSON.parse(line) as { msg: string; what: string })
  expect(reported.map(({ msg, what }) => `${what}: ${msg}`)).toEqual(
    ['requests in flight', 'security log', 'jobs', 'queues', 'the tail of the log'].map(
      (what) => `${what}: not stopped in time`,
    ),
  )
})

test('the mail server is closed when no job uses it any more', async () => {
  const steps: string[] = []
  const part = (name: string) => ({
    async stop() {
      await setImmediate()
      steps.push(name)
    },
  })
  await stopServer(
    {
      app: await anApp(),
      metricsApp: null,
      audit: part('security log'),
      jobs: part('jobs'),
      mailer: { close: () => void steps.push('mail server') },
      shards: { ...part('tail'), all: [{ engine: part('queues') }] },
      shared: null,
      pools: [],
    },
    60_000,
    createLogger('error'),
  )
  expect(steps).toEqual(['security log', 'jobs', 'mail server', 'queues', 'tail'])
})
