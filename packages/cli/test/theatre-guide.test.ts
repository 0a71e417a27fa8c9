// Rest: each command of the guide
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createEmptyInstallation, type EmptyInstallation } from './empty-installation.ts'
import { type RunningHoldfast, spawnServer } from './spawn-holdfast.ts'

const guide = fileURLToPath(new URL('../../../docs/theatre-api.md', import.meta.url))
const program = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const admin = { HOLDFAST_ADMIN_EMAIL: 'boss@example.org', HOLDFAST_ADMIN_PASSWORD: 'a long enough password' }

/** The commands of the guide, from top to bottom. */
async function commandsOf(path: string): Promise<string> {
  const text = await readFile(path, 'utf8')
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, commands]) => commands).join('\n')
}

let installation: EmptyInstallation
let server: RunningHoldfast & { url: string }
let directory: string
beforeAll(async () => {
  installation = await createEmptyInstallation()
  server = await spawnServer({ DATABASE_URL: installation.ownerUrl, HOLDFAST_RATE_LIMIT: 'off', ...admin })
  directory = await mkdtemp(join(tmpdir(), 'holdfast-guide-'))
})
afterAll(async () => {
  server.child.kill('SIGTERM')
  await server.ended
  await installation.drop()
  await rm(directory, { recursive: true, force: true })
})

/** Runs commands as a reader would, in one terminal, and stops at the first that fails. */
async function runInShell(commands: string): Promise<string> {
  const script = `set -euo pipefail\nholdfast() { "${process.execPath}" "${program}" "$@"; }\n${commands}`
  const env = {
    PATH: process.env.PATH,
    HOME: directory,
    base: server.url,
    email: admin.HOLDFAST_ADMIN_EMAIL,
    password: admin.HOLDFAST_ADMIN_PASSWORD,
  }
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { cwd: directory, env })
  return stdout
}

describe('the guide to the API of the operating theatre', () => {
  test('its commands do what it says', async () => {
    const printed = await runInShell(await commandsOf(guide))
    const inOrder = [
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
    ]
    let at = 0
    for (const text of inOrder) {
      const found = printed.indexOf(text, at)
      expect(found, `${text} in what follows:\n${printed.slice(at)}`).toBeGreaterThan(-1)
      at = found + text.length
    }
  })

  test('negative control: a command that fails is noticed', async () => {
    await expect(runInShell('curl -sf "$base/api/v1/nothing"')).rejects.toThrow()
  })
})
