import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { refuseUnlessEmpty } from './restore-cluster.ts'

const nobody = 65_534

test('a directory that this user can’t open is refused with what to do', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'hf-closed-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  await chmod(directory, 0o000)
  const isRoot = process.geteuid?.() === 0
  if (isRoot) process.seteuid?.(nobody)
  const refused = refuseUnlessEmpty(join(directory, 'restored')).finally(() => {
    if (isRoot) process.seteuid?.(0)
  })
  await expect(refused).rejects.toThrow(/can't open the directory .* Choose another one/)
})
