import { createHash } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import {
  aHistory,
  archive,
  book,
  contentOf,
  fileOf,
  findings,
  month,
  old,
  oldSlots,
  test,
} from '../../test/old-month.ts'
import { archiveMonth } from './archive-month.ts'
import { restoreMonth } from './restore-month.ts'

test('refused: a month that is too young, a hold, a key and a recent change', async ({ database, directory }) => {
  const youngest = new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() - 6, 1))
  const young = archiveMonth(database.ownerPool, { month: youngest.toISOString().slice(0, 7), directory })
  await expect(young).rejects.toMatchObject({ kind: 'too_young' })
  const [slot] = await oldSlots(database, 1)
  if (slot === undefined) throw new Error('no slot')
  const hold = await book(database, slot, { status: 'PENDING', holdExpiresAt: new Date(old) })
  await expect(archive(database, directory)).rejects.toMatchObject({ kind: 'in_use', message: /1 holds/ })
  await database.ownerPool.query(sql`update holdfast.booking set status = 'CANCELLED', hold_expires_at = null
      where id = ${hold.id}`)
  await database.ownerPool.query(sql`insert into holdfast.idempotency
      values (${hold.clinicNo}, gen_random_uuid(), gen_random_uuid(), ${hold.id}, now())`)
  await expect(archive(database, directory)).rejects.toMatchObject({ kind: 'in_use', message: /1 bookings with/ })
  await database.ownerPool.query('delete from holdfast.idempotency')
  await database.ownerPool.query('update holdfast.booking set updated_at = now()')
  await expect(archive(database, directory)).rejects.toMatchObject({
    kind: 'in_use',
    message: /1 bookings that changed/,
  })
  expect((await contentOf(database)).archived_month).toEqual([])
  // Under the lock, it is checked again.
  const moving = database.ownerPool.query(`select holdfast.archive_slots($1, $2, now() - interval '30 days', 10)`, [
    slot.clinicNo,
    `${month}-01`,
  ])
  await expect(moving).rejects.toMatchObject({ code: '55006' })
})

test('refused: a second process at the same time', async ({ database, directory }) => {
  await aHistory(database)
  const seconds: unknown[] = []
  const first = await archive(database, directory, {
    // The first one waits here for the second.
    async onStep(step) {
      if (step === 'claimed') seconds.push(await archive(database, directory).catch((error: unknown) => error))
    },
  })
  expect(seconds).toMatchObject([{ kind: 'running' }])
  expect(first?.counts.slot).toBe(8)
})

test('refused: a file that is there with another content is not overwritten', async ({ database, directory }) => {
  await aHistory(database)
  await writeFile(fileOf(directory), gzipSync('something else'))
  const before = await contentOf(database)
  await expect(archive(database, directory)).rejects.toMatchObject({ kind: 'file_exists' })
  expect(await contentOf(database)).toEqual(before)
  expect(gunzipSync(await readFile(fileOf(directory))).toString()).toBe('something else')
  await rm(fileOf(directory))
  expect((await archive(database, directory))?.counts.slot).toBe(8)
})

const damages: [string, (content: Buffer) => Buffer, string][] = [
  ['cut off', (content) => content.subarray(0, -20), 'damaged'],
  ['empty', () => Buffer.alloc(0), 'not_an_archive'],
  [
    'the archive of other rows',
    (content) => {
      const lines = gunzipSync(content).toString().trimEnd().split('\n').slice(0, -1)
      const text = `${lines.join('\n').replace('"capacity": 3', '"capacity": 4')}\n`
      const counts = JSON.parse(gunzipSync(content).toString().trimEnd().split('\n').at(-1) ?? '').counts
      const sha256 = createHash('sha256').update(text).digest('hex')
      return gzipSync(`${text}${JSON.stringify({ counts, sha256 })}\n`)
    },
    'damaged',
  ],
]

test.for(damages)(
  'refused: a file that is read back %s; its rows come back',
  async ([, damage, kind], { database, directory }) => {
    await aHistory(database)
    const before = await contentOf(database)
    const archiving = archive(database, directory, {
      async onStep(step) {
        if (step !== 'file') return
        expect((await contentOf(database)).archived_row).not.toEqual([])
        await writeFile(fileOf(directory), damage(await readFile(fileOf(directory))))
      },
    })
    await expect(archiving).rejects.toMatchObject({ kind })
    expect(await contentOf(database)).toEqual(before)
    expect(await findings(database)).toEqual([])
    // What a disk has damaged is not trusted the next time either, nor removed.
    await expect(archive(database, directory)).rejects.toMatchObject({ kind: 'file_exists' })
    await rm(fileOf(directory))
    expect((await archive(database, directory))?.counts.slot).toBe(8)
  },
)

test('refused: a directory that is missing: nothing is moved', async ({ database, directory }) => {
  await aHistory(database)
  const before = await contentOf(database)
  await expect(archive(database, join(directory, 'missing'))).rejects.toMatchObject({ code: 'ENOENT' })
  expect(await contentOf(database)).toEqual(before)
  expect(await findings(database)).toEqual([])
  expect((await archive(database, directory))?.counts.slot).toBe(8)
})

test('refused: to restore what is there, twice, or another, damaged or newer file', async ({ database, directory }) => {
  await aHistory(database)
  await archive(database, directory)
  const file = fileOf(directory)
  const refused = (path: string) =>
    restoreMonth(database.ownerPool, path).then(
      () => 'restored',
      ({ kind }) => kind,
    )
  const bytes = await readFile(file)
  const lines = gunzipSync(bytes).toString().split('\n')
  const variants: [string, Buffer | string][] = [
    ['damaged', bytes.subarray(0, bytes.length - 20)],
    ['damaged', gzipSync(lines.slice(0, -2).join('\n'))],
    ['damaged', gzipSync(lines.map((line) => line.replace('"capacity": 3', '"capacity": 4')).join('\n'))],
    ['damaged', gzipSync(lines.filter((_, index) => index !== 4).join('\n'))],
    ['not_an_archive', 'plain text'],
    ['not_an_archive', gzipSync('{"format":"other"}\n')],
    ['newer_schema', gzipSync(lines.join('\n').replace('"formatVersion":1', '"formatVersion":2'))],
  ]
  for (const [index, [kind, content]] of variants.entries()) {
    const path = join(directory, `variant-${index}`)
    await writeFile(path, content)
    expect(await refused(path), `variant ${index}`).toBe(kind)
  }
  const untouched = await contentOf(database)
  expect(untouched.archived_row).toEqual([])
  await database.ownerPool.query('update holdfast.archived_month set checksum = sha256($1)', ['x'])
  expect(await refused(file)).toBe('another_archive')
  await database.ownerPool.query('update holdfast.migration set version = version - 1')
  expect(await refused(file)).toBe('newer_schema')
  expect(await refused(join(directory, 'none'))).toBeUndefined()
})

test('refused: to restore a month that was restored, or was never archived here', async ({ database, directory }) => {
  await aHistory(database)
  await archive(database, directory)
  const restore = () => restoreMonth(database.ownerPool, fileOf(directory))
  await restore()
  await expect(restore()).rejects.toMatchObject({ kind: 'not_archived_here' })
})
