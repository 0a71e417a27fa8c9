import { readWorkResults, recordWork } from '@holdfast/engine'
import { until } from '@holdfast/testkit'
import { freshDatabaseTest as test } from '@holdfast/testkit/database-test'
import { expect } from 'vitest'
import { createMetrics } from '../observe/metrics.ts'
import { recordedWork, WorkRecords } from './work-records.ts'

const silent = { warn: () => undefined }
const noFigures = async () => ({ installation: null, shards: [] })

test('failures in a row are counted over several records, and a success ends them', async ({ database }) => {
  const { appPool } = database
  const results = async () => (await readWorkResults(appPool)).map(({ name, failures }) => [name, failures])
  const stored = async (outcomes: readonly boolean[]) => {
    const records = new WorkRecords(appPool, silent, { everyMs: 0 })
    for (const failed of outcomes) records.add('job', 'sweep', { failed })
    await records.stop()
    return results()
  }
  expect(await stored([true, true])).toEqual([['sweep', 2]])
  expect(await stored([true])).toEqual([['sweep', 3]])
  expect(await stored([false, true])).toEqual([['sweep', 1]])
  expect(await stored([true, false])).toEqual([['sweep', 0]])
  const [{ succeededAt = null, failedAt = null, failingSince = null } = {}] = await readWorkResults(appPool)
  expect([succeededAt, failedAt, failingSince]).toEqual([expect.any(Date), expect.any(Date), null])
})

test('jobs, sent messages and dead letters are recorded; what is untried or repeated is not', async ({ database }) => {
  const records = new WorkRecords(database.appPool, silent, { everyMs: 0 })
  const metrics = recordedWork(createMetrics({ pools: () => ({}), serving: null, readDatabase: noFigures }), records)
  metrics.jobDone({ name: 'sweep', count: 0, failed: false })
  metrics.messageDone({ channel: 'email', outcome: 'sent' })
  metrics.messageDone({ channel: 'sms', outcome: 'skipped' })
  metrics.messageDone({ channel: 'sms', outcome: 'kept' })
  metrics.eventFailed({ queue: 'billing', isDead: false })
  metrics.eventFailed({ queue: 'ledger', isDead: true })
  await records.stop()
  const results = await readWorkResults(database.appPool)
  expect(results.map(({ kind, name, failures }) => [kind, name, failures])).toEqual([
    ['job', 'sweep', 0],
    ['message', 'email', 0],
    ['consumer', 'ledger', 1],
  ])
})

test('what could not be recorded is recorded later, and the log has one line', async ({ database }) => {
  const { appPool, ownerPool } = database
  const lines: string[] = []
  const log = { warn: (_fields: object, message: string) => void lines.push(message) }
  const records = new WorkRecords(appPool, log, { everyMs: 50 })
  await ownerPool.query('alter table holdfast.work_result rename to work_result_away')
  records.add('job', 'sweep', { failed: true })
  await until(async () => lines.length > 0, 'a record to fail')
  records.add('job', 'sweep', { failed: true })
  await ownerPool.query('alter table holdfast.work_result_away rename to work_result')
  const [result] = await until(async () => {
    const results = await readWorkResults(appPool)
    return results[0]?.failures === 2 ? results : undefined
  }, 'the record')
  expect(result).toMatchObject({ kind: 'job', name: 'sweep', succeededAt: null })
  expect(lines).toHaveLength(1)
  await records.stop()
})

test('of many consumers, those that failed last are read, after all jobs and messages', async ({ database }) => {
  const { appPool, ownerPool } = database
  const done = { hasSucceeded: false, hasFailed: true, failuresInRow: 1 }
  const consumers = Array.from({ length: 120 }, (_, no) => ({
    ...done,
    kind: 'consumer' as const,
    name: `queue-${no}`,
  }))
  await recordWork(appPool, [
    ...consumers,
    { ...done, kind: 'message', name: 'sms' },
    { ...done, kind: 'job', name: 'sweep' },
  ])
  await ownerPool.query(`update holdfast.work_result set failed_at = now() + interval '1 s' where name = 'queue-99'`)
  const names = (await readWorkResults(appPool)).map(({ name }) => name)
  expect([names.slice(0, 3), names.length]).toEqual([['sweep', 'sms', 'queue-99'], 100])
})
