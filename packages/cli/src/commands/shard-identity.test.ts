// Nightly: each command with the URL of another database
import { aClinic, createTestDatabase, type TestDatabase } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCaptured } from '../../test/captured-context.ts'

type Installation = { directory: TestDatabase; north: TestDatabase; env: Record<string, string>; id: string }

let own: Installation
let other: Installation
beforeAll(async () => {
  own = await anInstallation()
  other = await anInstallation()
})
afterAll(async () => {
  for (const { directory, north } of [own, other]) {
    await directory.drop()
    await north.drop()
  }
})

/** With a clinic of the same number in each of its two databases, as after a restore. */
async function anInstallation(): Promise<Installation> {
  const directory = await createTestDatabase()
  const north = await createTestDatabase()
  const env = { DATABASE_URL: directory.ownerUrl, PORT: '0', HOLDFAST_SHARDS: `north=${north.ownerUrl}` }
  await aClinic(directory)
  expect((await runCaptured(['migrate'], env)).code).toBe(0)
  await aClinic(north)
  const { rows } = await directory.ownerPool.query<{ value: string }>(`select value from holdfast.setting
      where name = 'installation'`)
  return { directory, north, env, id: rows[0]?.value ?? '' }
}

const commands = [
  ['shards', 'choose', '1', '--in', 'directory'],
  ['shards', 'choose', '1', '--in', 'north'],
  ['shards', 'choose', '1', '--in', 'directory', '--dry-run'],
  ['move-clinic', '1', '--to', 'north'],
  ['move-clinic', '1', '--to', 'north', '--dry-run'],
  ['shards', 'balance'],
  ['shards', 'drain', 'north'],
  ['migrate'],
  ['verify', '--shard', 'north'],
  ['archive', '--list', '--shard', 'north'],
  ['renumber-log', '--shard', 'north'],
]

/** What a command must not change. */
async function rowsOf({ ownerPool }: TestDatabase) {
  const { rows } = await ownerPool.query(`select (select json_agg(c order by no) from holdfast.clinic c) as clinics,
      (select json_agg(c order by clinic_no) from holdfast.clinic_shard c) as places,
      (select json_agg(s order by no) from holdfast.shard s) as shards,
      (select json_agg(m) from holdfast.moving_clinic m) as moving,
      (select json_agg(s order by name) from holdfast.setting s) as settings`)
  return rows[0]
}

test.for([
  ['a database of another installation', () => other.north, () => `the database 1 of the installation ${other.id}`],
  ['the directory of another', () => other.directory, () => `the directory of the installation ${other.id}`],
  ['the database of DATABASE_URL', () => own.directory, () => `the directory of the installation ${own.id}`],
] as const)('under the name of a shard, %s is refused by all commands, and stays as is', async ([_, wrong, found]) => {
  const env = { ...own.env, HOLDFAST_SHARDS: `north=${wrong().ownerUrl}` }
  const all = [own.directory, own.north, other.directory, other.north]
  const before = await Promise.all(all.map(rowsOf))
  for (const args of commands) {
    const { code, out, err } = await runCaptured(args, env)
    const text = [...out, ...err].join('\n')
    expect({ args, code }).toEqual({ args, code: 1 })
    expect(text).toMatch(/the URL of north in HOLDFAST_SHARDS (has to lead|leads) to/)
    if (args[0] !== 'migrate') {
      const expected = `has to lead to the database 1 of the installation ${own.id}, and leads to ${found()}`
      expect(text).toContain(expected)
    }
  }
  const listed = await runCaptured(['shards'], env)
  expect(listed).toMatchObject({ code: 1 })
  expect(listed.err.join()).toContain(`The database north cannot be used: the URL of north in HOLDFAST_SHARDS has to`)
  const verified = await runCaptured(['verify'], env)
  expect(verified.code).toBe(1)
  expect(verified.out.join()).toContain('the URL of north in HOLDFAST_SHARDS')
  const examined = await runCaptured(['doctor', '--json'], env)
  const { checks } = JSON.parse(examined.out[0] ?? '') as { checks: { name: string; state: string; found: string }[] }
  expect(checks).toContainEqual(
    expect.objectContaining({ name: 'north: place', state: 'error', found: expect.stringContaining(found()) }),
  )
  expect(await Promise.all(all.map(rowsOf))).toEqual(before)
})
