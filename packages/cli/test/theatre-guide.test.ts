// Rest: each command of the guide
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createEmptyInstallation, type EmptyInstallation } from './empty-installation.ts'
import { expectInOrder, guideAdmin, runInShell, scriptsOf } from './guide-commands.ts'
import { type RunningHoldfast, spawnServer } from './spawn-holdfast.ts'

let installation: EmptyInstallation
let server: RunningHoldfast & { url: string }
let directory: string
beforeAll(async () => {
  installation = await createEmptyInstallation()
  server = await spawnServer({ DATABASE_URL: installation.ownerUrl, HOLDFAST_RATE_LIMIT: 'off', ...guideAdmin })
  directory = await mkdtemp(join(tmpdir(), 'holdfast-guide-'))
})
afterAll(async () => {
  server.child.kill('SIGTERM')
  await server.ended
  await installation.drop()
  await rm(directory, { recursive: true, force: true })
})

describe('the guide to the API of the operating theatre', () => {
  test('its commands do what it says', async () => {
    const printed = await runInShell(server.url, directory, scriptsOf('theatre-api.md').join('\n'))
    expectInOrder(printed, [
      '"created"',
      '"status": "PENDING"',
      '"kind": "equipment"',
      '"CONFIRMED"',
      '"code": "resource_busy"',
      '"open": 1',
      '"status": "CONFIRMED"',
      '"bumped": 1',
      '"ARRIVED"',
      '"COMPLETED"',
      '"type":"connected"',
      '"cases": 1',
      'group,key,name',
      '"booked": 2',
      '"refusedOverlap": 1',
      '"failed": 0',
    ])
  })

  test('negative control: a command that fails is noticed', async () => {
    await expect(runInShell(server.url, directory, 'curl -sf "$base/api/v1/nothing"')).rejects.toThrow()
  })
})
