import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { whyNoCluster } from '../cluster/programs.ts'
import { lastRelease, lowerRelease, previousVersion } from './previous-version.ts'
import { runUpgradeDrill } from './run-upgrade-drill.ts'
import { failuresOfUpgrade } from './upgrade-command.ts'

const reason = whyNoCluster(['nginx', 'openssl', 'setpriv'])
if (reason !== null) console.warn(`An upgrade is not tested here: ${reason}`)

const requests = 1_000

async function shortDrill({ isControl }: { isControl: boolean }): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'hf-upgrade-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  await chmod(directory, 0o711)
  // Until a release is tagged, both versions are the same.
  const from = (await lastRelease()) ?? 'HEAD'
  const counts = { requests, clients: 4, watchers: 8, isShort: true, isControl }
  const result = await runUpgradeDrill({ from, ...counts, directory, say: () => undefined })
  return failuresOfUpgrade(result, requests)
}

const timeout = 1_800_000

test.runIf(reason === null)('in an upgrade of two servers, no request fails', { timeout }, async () => {
  expect(await shortDrill({ isControl: false })).toEqual([])
})

test.runIf(reason === null)('negative control: if servers are killed, the drill says so', { timeout }, async () => {
  expect(await shortDrill({ isControl: true })).toContainEqual(expect.stringContaining('ended without being told'))
})

test('a version that does not exist is refused', async () => {
  const writing = previousVersion('v999.0.0', join(tmpdir(), 'hf-upgrade-none'))
  await expect(writing).rejects.toThrow('There is no commit v999.0.0 in this checkout.')
})

test.each([
  ['0.3.0', '0.2.999'],
  ['0.3.2', '0.3.1'],
  ['1.0.0', '0.999.999'],
])('the release before %s is %s', (version, before) => {
  expect(lowerRelease(version)).toBe(before)
})
