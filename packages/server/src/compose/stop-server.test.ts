import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { createLogger } from '../observe/logger.ts'
import { stopServer } from './stop-server.ts'

const never = () => new Promise<never>(() => undefined)

test('what begins to stop after the time limit is reported as not stopped in time', async () => {
  const lines: string[] = []
  const log = createLogger('error', { write: (line) => void lines.push(line) })
  const app = Fastify()
  app.addHook('onClose', never)
  const calendar = { stop: () => undefined }
  const [jobs, engine, audit, freshness] = [{ stop: never }, { stop: never }, { stop: never }, { stop: never }]
  const parts = { app, metricsApp: null, jobs, engine, audit, calendar, freshness }
  await stopServer({ ...parts, pools: [] }, 5, log)
  const reported = lines.map((line) => JSON.parse(line) as { msg: string; what: string })
  expect(reported.map(({ msg, what }) => `${what}: ${msg}`)).toEqual(
    ['requests in flight', 'security log', 'jobs', 'queues', 'the tail of the log'].map(
      (what) => `${what}: not stopped in time`,
    ),
  )
})
