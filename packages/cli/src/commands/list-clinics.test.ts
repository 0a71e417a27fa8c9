// Rest: the clinics of several databases
import { newId } from '@holdfast/engine'
import { aClinic, createTestDatabase } from '@holdfast/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { runCaptured } from '../../test/captured-context.ts'

type Listed = { no: number; id: string | null; name: string | null; database: string; inUse: boolean }

test('clinics are listed with their databases, also those of one that is away, and 1,000 at most', async () => {
  const [directory, north] = [await createTestDatabase(), await createTestDatabase()]
  onTestFinished(() => Promise.all([directory, north].map((one) => one.drop())).then(() => undefined))
  const env = { DATABASE_URL: directory.ownerUrl, PORT: '0', HOLDFAST_SHARDS: `north=${north.ownerUrl}` }
  const list = async (changed: Record<string, string> = {}, ...args: string[]) => {
    const { code, out } = await runCaptured(['shards', 'clinics', '--json', ...args], { ...env, ...changed })
    return { code, ...(JSON.parse(out[0] ?? '{}') as { clinics: Listed[]; unread: string[]; more: number | null }) }
  }
  const [near, far] = [await aClinic(directory, { name: 'Near' }), await aClinic(directory, { name: 'Far' })]
  expect((await runCaptured(['migrate'], env)).code).toBe(0)
  expect((await runCaptured(['move-clinic', far.id, '--to', 'north'], env)).code).toBe(0)
  const inDirectory = { no: near.no, id: near.id, name: 'Near', database: 'directory', inUse: true }
  const inNorth = { no: far.no, id: far.id, name: 'Far', database: 'north', inUse: true }
  expect(await list()).toEqual({ code: 0, clinics: [inDirectory, inNorth], unread: [], more: null })
  expect((await list({}, '--after', String(near.no))).clinics).toEqual([inNorth])
  const away = await list({ HOLDFAST_SHARDS: 'north=postgres://nobody@127.0.0.1:1/holdfast' })
  const unread = [inDirectory, { ...inNorth, id: null, name: null }]
  expect(away).toEqual({ code: 1, clinics: unread, unread: ['north'], more: null })

  // As after a restore of the directory to a time before the move.
  const insert = `insert into holdfast.clinic (no, id, name, timezone)
    select no, id, 'Copy', 'UTC' from unnest($1::integer[], $2::uuid[]) clinic (no, id)`
  await directory.ownerPool.query(insert, [[far.no], [far.id]])
  const { out } = await runCaptured(['shards', 'clinics'], env)
  expect(out.map((line) => line.split(/ {2,}/).slice(2))).toEqual([
    ['database', 'name'],
    ['directory', 'Near'],
    ['directory (not in use)', 'Copy'],
    ['north', 'Far'],
  ])

  const numbers = Array.from({ length: 1_001 }, (_, n) => 100_001 + n)
  await directory.ownerPool.query(insert, [numbers, numbers.map((no) => newId(no))])
  const page = await list({}, '--after', '100000')
  expect([page.clinics.length, page.more]).toEqual([1_000, 101_000])
  const next = await list({}, '--after', String(page.more))
  expect(next).toMatchObject({ clinics: [{ no: 101_001 }], more: null })
})
