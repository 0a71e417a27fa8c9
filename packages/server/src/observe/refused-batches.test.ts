import { expect, onTestFinished, test, vi } from 'vitest'
import { createMetrics } from './metrics.ts'
import { refusedBatchLog } from './refused-batches.ts'

const report = { queue: 'case', size: 2, durationMs: 1, waitMs: 1, failed: true, refusedWith: '42883' }

test('a batch that the database refused is logged once a minute, by queue and SQLSTATE', () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const logged: object[] = []
  const done = refusedBatchLog({ warn: (fields) => void logged.push(fields) })
  for (const refusedWith of ['42883', '42883', '40P01', null]) done({ ...report, refusedWith })
  const [first, second] = [
    { queue: 'case', size: 2, sqlState: '42883' },
    { queue: 'case', size: 2, sqlState: '40P01' },
  ]
  expect(logged).toEqual([first, second])
  vi.advanceTimersByTime(60_001)
  done(report)
  expect(logged).toEqual([first, second, first])
})

test('a batch that the database refused is counted by queue and SQLSTATE', async () => {
  const readDatabase = () => Promise.reject(new Error('This test has no database.'))
  const metrics = createMetrics({ pools: () => ({}), serving: null, readDatabase })
  for (const refusedWith of ['42883', '42883', null]) metrics.batchDone({ ...report, refusedWith })
  const refused = (await metrics.text())
    .split('\n')
    .filter((line) => line.startsWith('holdfast_batches_refused_total{'))
  expect(refused).toEqual(['holdfast_batches_refused_total{queue="case",sqlstate="42883"} 2'])
})
