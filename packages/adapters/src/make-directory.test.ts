import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, type TestContext, test } from 'vitest'
import { makeDirectory } from './make-directory.ts'

async function aHome(onTestFinished: TestContext['onTestFinished']): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'holdfast-directory-'))
  onTestFinished(() => rm(home, { recursive: true }))
  return home
}

test('creates a directory and those above it with the mode, and accepts existing ones', async ({ onTestFinished }) => {
  const home = await aHome(onTestFinished)
  const path = join(home, 'a', 'b', 'c')
  for (let times = 0; times < 2; times += 1) await makeDirectory(path, 0o700)
  for (const one of [path, join(path, '..'), join(path, '..', '..')]) {
    const found = await stat(one)
    expect([found.isDirectory(), found.mode & 0o777]).toEqual([true, 0o700])
  }
})

test('of many that create the same directory or its neighbours at once, none fails', async ({ onTestFinished }) => {
  const home = await aHome(onTestFinished)
  for (let round = 0; round < 20; round += 1) {
    const above = join(home, `${round}`, 'a', 'b', 'c')
    const paths = Array.from({ length: 40 }, (_, at) =>
      at % 2 === 0 ? join(above, 'same') : join(above, `${at}`, 'd'),
    )
    await Promise.all(paths.map((path) => makeDirectory(path, 0o700)))
    for (const path of paths) expect((await stat(path)).isDirectory()).toBe(true)
  }
})

test('fails where something else has the name, or no directory can be created', async ({ onTestFinished }) => {
  const home = await aHome(onTestFinished)
  const file = join(home, 'file')
  await writeFile(file, '')
  await expect(makeDirectory(file, 0o700)).rejects.toMatchObject({ code: 'EEXIST' })
  await expect(makeDirectory(join(file, 'a'), 0o700)).rejects.toMatchObject({ code: 'ENOTDIR' })
  await expect(makeDirectory('/proc/holdfast/data', 0o700)).rejects.toMatchObject({ code: 'ENOENT' })
})
