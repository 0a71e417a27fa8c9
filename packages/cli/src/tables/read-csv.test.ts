import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readCsv } from './read-csv.ts'

const columns = { required: ['clinic', 'name', 'timezone'], optional: [] }

async function read(content: string | Buffer) {
  const path = join(await mkdtemp(join(tmpdir(), 'holdfast-csv-')), 'file.csv')
  await writeFile(path, content)
  const found: unknown[] = []
  const { bad } = await readCsv(path, columns, ({ values }) => found.push(Object.values(values)))
  return { found, bad: bad.lines.map(({ line, message }) => `line ${line}: ${message}`) }
}

const text = 'clinic,name,timezone\r\nc1,Klinik Süd,Europe/Berlin\r\n'
const expected = { found: [['c1', 'Klinik Süd', 'Europe/Berlin']], bad: [] }
const utf16 = Buffer.from(`\uFEFF${text}`, 'utf16le')

test.each([
  ['UTF-8', text],
  ['UTF-8 with a byte order mark', `\uFEFF${text}`],
  ['semicolons', text.replaceAll(',', ';')],
  ['UTF-16, little-endian', utf16],
  ['UTF-16, big-endian', Buffer.from(utf16).swap16()],
  ['UTF-16 with semicolons', Buffer.from(`\uFEFF${text.replaceAll(',', ';')}`, 'utf16le')],
])('a file with %s', async (_what, content) => {
  expect(await read(content)).toEqual(expected)
})

test('UTF-16 of several chunks of the file', async () => {
  const line = 'c1,Klinik Süd,Europe/Berlin\r\n'
  const { found, bad } = await read(Buffer.from(`\uFEFFclinic,name,timezone\r\n${line.repeat(5_001)}`, 'utf16le'))
  expect([found.length, bad]).toEqual([5_001, []])
  expect(found.at(-1)).toEqual(expected.found[0])
})

test('a semicolon in a file with commas is a part of a value', async () => {
  expect((await read(text.replace('Süd', 'Süd; Ost'))).found).toEqual([['c1', 'Klinik Süd; Ost', 'Europe/Berlin']])
})

test('a quoted value that is not closed is reported where its line begins', async () => {
  const lines = ['clinic,name,timezone', 'c1,"Klinik Süd,Europe/Berlin', 'c2,Haus,UTC', 'c3,"Haus ""Drei""",UTC', '']
  expect(await read(lines.join('\r\n'))).toEqual({
    found: [],
    bad: ['line 2: a quoted value that begins here or later is not closed'],
  })
})
