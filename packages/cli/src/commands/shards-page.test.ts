// Rest: each command of a page
import { aClinic, createTestDatabase, type TestDatabase } from '@holdfast/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { documentedCommands } from '../../../../test/deploy/documented-commands.ts'
import { runCaptured } from '../../test/captured-context.ts'

test('the commands of shards.md do what it says, in its order', { timeout: 120_000 }, async () => {
  const [directory, north] = [await createTestDatabase(), await createTestDatabase()]
  onTestFinished(() => Promise.all([directory, north].map((one) => one.drop())).then(() => undefined))
  const env = { DATABASE_URL: directory.ownerUrl, PORT: '0', HOLDFAST_SHARDS: `north=${north.ownerUrl}` }
  const clinic = await aClinic(directory)
  expect((await runCaptured(['migrate'], env)).code).toBe(0)
  const scripts = documentedCommands('shards.md').map((text) => text.trim().split('\n'))
  const [list, move, balance, drain, restore, choose, ...others] = scripts
  // packages/cli/test/restore-shard.test.ts runs it. Without --from-data, it would move the directory.
  expect(restore?.map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual([
    'holdfast restore --from',
    'holdfast move-database --from-data',
  ])
  expect(others).toEqual([])
  const follow = async (lines: string[] = []) => {
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines) {
      const [program, ...words] = line.replace('CLINIC', clinic.id).split(' ')
      const { code, out, err } = await runCaptured(words, env)
      expect([program, code], `${line}: ${[...out, ...err].join('\n')}`).toEqual(['holdfast', 0])
    }
  }
  const places = async () => {
    const [inDirectory, inNorth] = [directory, north].map(({ ownerPool }: TestDatabase) =>
      ownerPool.query('select from holdfast.clinic where no = $1', [clinic.no]),
    )
    return { directory: (await inDirectory)?.rowCount, north: (await inNorth)?.rowCount }
  }
  await follow(list)
  await follow(move)
  expect(await places()).toEqual({ directory: 0, north: 1 })
  await follow(balance)
  await follow(drain)
  expect(await places()).toEqual({ directory: 1, north: 0 })
  expect((await runCaptured(['shards', 'drain', 'north', '--undo'], env)).code).toBe(0)
  // As after a restore of north to a time before the clinic left it.
  const copy = `insert into holdfast.clinic (no, id, name, timezone) values ($1, $2, 'Copy', 'UTC')`
  await north.ownerPool.query(copy, [clinic.no, clinic.id])
  await follow(choose)
  expect(await places()).toEqual({ directory: 0, north: 1 })
})
