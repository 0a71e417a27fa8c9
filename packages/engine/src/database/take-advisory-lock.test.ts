import { test } from '@holdfast/testkit/database-test'
import { expect, onTestFinished, vi } from 'vitest'
import { connectClient } from './connect-client.ts'
import { advisoryWaitMinutesMax, takeAdvisoryLock } from './take-advisory-lock.ts'

async function aSession(url: string) {
  const client = await connectClient({ url, name: 'test' })
  onTestFinished(() => client.end())
  return client
}

test('a lock that another session has is waited for, which is reported once', async ({ database }) => {
  const [first, second] = [await aSession(database.ownerUrl), await aSession(database.ownerUrl)]
  expect(await takeAdvisoryLock(first, 'serverStart')).toBe(true)
  const onWait = vi.fn(() => void first.end())
  expect(await takeAdvisoryLock(second, 'serverStart', onWait)).toBe(true)
  expect(onWait).toHaveBeenCalledTimes(1)
})

test('after five minutes it is not waited for any longer', async ({ database }) => {
  const [first, second] = [await aSession(database.ownerUrl), await aSession(database.ownerUrl)]
  await takeAdvisoryLock(first, 'serverStart')
  // Half a minute before and after they have passed, each time it asks. Others read this clock, too.
  const asked = vi.spyOn(second, 'query')
  const minutes = [0, advisoryWaitMinutesMax - 0.5, advisoryWaitMinutesMax + 0.5]
  const clock = performance.now.bind(performance)
  const spied = vi
    .spyOn(performance, 'now')
    .mockImplementation(() => clock() + (minutes[asked.mock.calls.length] ?? 0) * 60_000)
  onTestFinished(() => spied.mockRestore())
  expect(await takeAdvisoryLock(second, 'serverStart')).toBe(false)
  expect(asked).toHaveBeenCalledTimes(2)
})
