import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkDataDirectory } from './check-machine.ts'

test('a data directory that can be created, and one in /proc, which cannot', async () => {
  expect((await checkDataDirectory(join(tmpdir(), 'holdfast-that-is-missing', 'data'))).state).toBe('ok')
  expect(await checkDataDirectory('/proc/holdfast/data')).toMatchObject({
    state: 'error',
    found: expect.stringContaining('/proc/holdfast/data cannot be created'),
  })
})
