// Nightly: the worker as a process of its own
import { expect, test } from 'vitest'
import { createEmptyInstallation } from './empty-installation.ts'
import { spawnHoldfast, untilFound } from './spawn-holdfast.ts'

test.each(['SIGINT', 'SIGTERM'] as const)('the worker runs its jobs until %s, and ends with 0', async (signal) => {
  const database = await createEmptyInstallation()
  try {
    const worker = spawnHoldfast(['worker'], { DATABASE_URL: database.ownerUrl })
    await untilFound(worker, () => /^Holdfast runs its jobs\.$/m.exec(worker.stdout())?.[0])
    worker.child.kill(signal)
    expect((await worker.ended).code).toBe(0)
  } finally {
    await database.drop()
  }
})

test('a worker that cannot start says why, and ends with 1', async () => {
  const { code, stderr } = await spawnHoldfast(['worker'], { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }).ended
  expect(code).toBe(1)
  expect(stderr).toMatch(/ECONNREFUSED/)
  expect(stderr).not.toMatch(/^\s+at /m)
})

test('a worker without a key for its backups names the settings, and ends with 1', async () => {
  const database = await createEmptyInstallation()
  try {
    const env = { DATABASE_URL: database.ownerUrl, HOLDFAST_BACKUP_TO: '/var/backups/holdfast' }
    const { code, stdout, stderr } = await spawnHoldfast(['worker'], env).ended
    expect(code).toBe(1)
    expect(stderr).toContain('HOLDFAST_BACKUP_PASSPHRASE')
    expect(stdout).not.toContain('runs its jobs')
  } finally {
    await database.drop()
  }
})
