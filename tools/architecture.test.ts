import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { serverFolders } from './import-directions.mjs'

const root = join(import.meta.dirname, '..')

/** The part of a text from one mark to the next. */
function between(file: string, from: string, to: string): string {
  const [, after = ''] = readFileSync(join(root, file), 'utf8').split(from)
  return after.split(to)[0] ?? ''
}

/** The folders of the server with those that each may import, from the lowest to the highest. */
const folders = Object.entries(serverFolders).map(([name, targets]) => ({ name, targets }))

test('a folder of the server imports only folders below it', () => {
  expect(folders.length).toBeGreaterThan(15)
  for (const [index, { targets }] of folders.entries()) {
    const below = folders.slice(0, index).map(({ name }) => name)
    expect(below).toEqual(expect.arrayContaining(targets))
  }
})

test('ARCHITECTURE.md lists the folders of the server in that order', () => {
  const rows = [...between('ARCHITECTURE.md', '### Server\n', 'A folder imports').matchAll(/^\| `([\w-]+)\/` \|/gm)]
  expect(rows.map(([, name]) => name)).toEqual([
    'processes',
    'compose',
    ...folders.map(({ name }) => name).toReversed(),
  ])
})
