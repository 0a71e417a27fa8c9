import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkDataDirectory, judgeSpace, ownerAdvice } from './check-machine.ts'

test('a data directory that can be created, and one in /proc, which cannot', async () => {
  expect((await checkDataDirectory(join(tmpdir(), 'holdfast-that-is-missing', 'data'))).state).toBe('ok')
  expect(await checkDataDirectory('/proc/holdfast/data')).toMatchObject({
    state: 'error',
    found: expect.stringContaining('/proc/holdfast/data cannot be created'),
  })
})

test('the advice for a data directory of another user names its owner', async () => {
  expect(await ownerAdvice('/usr', 4711)).toBe(
    'it belongs to root: run Holdfast as root, or set HOLDFAST_DATA to another directory',
  )
  expect([await ownerAdvice('/usr', 0), await ownerAdvice('/usr/missing', 4711)]).toEqual([null, null])
})

test('a directory whose disk is almost full is a warning', () => {
  expect(judgeSpace('data directory', '/srv', 2 ** 30)).toMatchObject({ state: 'ok' })
  expect(judgeSpace('data directory', '/srv', 2 ** 29)).toMatchObject({
    state: 'warning',
    found: '/srv has only 512 MB free',
  })
})
