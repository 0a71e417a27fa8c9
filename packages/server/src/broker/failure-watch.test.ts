import { expect, test } from 'vitest'
import { createFailureWatch } from './failure-watch.ts'

function aWatch() {
  const lines: string[] = []
  const counted: { queue: string; isDead: boolean }[] = []
  const watch = createFailureWatch({
    queues: ['analytics'],
    log: { warn: (_fields: object, text: string) => void lines.push(text) },
    metrics: { queuesKnown: () => undefined, eventFailed: (failure) => void counted.push(failure) },
  })
  const fail = (times: number, isDead: boolean, queue = 'analytics') => {
    for (let time = 0; time < times; time += 1) watch({ queue, reason: 'rejected', attempts: 3, isDead })
  }
  return { lines, counted, fail }
}

test('the eleventh dead letter in a minute is logged, and those that follow are not', () => {
  const { lines, counted, fail } = aWatch()
  fail(10, true)
  expect(lines).toEqual([])
  fail(20, true)
  expect(lines).toEqual(['more than 10 events in a minute became dead letters'])
  expect(counted).toHaveLength(30)
})

test('attempts that follow are counted, and not logged; queues of others have one label', () => {
  const { lines, counted, fail } = aWatch()
  fail(30, false, 'unknown')
  expect(lines).toEqual([])
  expect(counted[0]).toEqual({ queue: 'other', isDead: false })
})
