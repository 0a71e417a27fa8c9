// Completeness: ARCHITECTURE.md lacks a folder or a workspace, or says otherwise what it may import
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { engineBase, engineFolders, serverFolders, workspacePath, workspaces } from './import-directions.mjs'

const root = join(import.meta.dirname, '..')

/** The part of a text from one mark to the next. */
function between(file: string, from: string, to: string): string {
  const [, after = ''] = readFileSync(join(root, file), 'utf8').split(from)
  return after.split(to)[0] ?? ''
}

/** The folders that a table of ARCHITECTURE.md lists. */
function listedIn(heading: string, end: string): (string | undefined)[] {
  return [...between('ARCHITECTURE.md', heading, end).matchAll(/^\| `([\w-]+)\/` \|/gm)].map(([, name]) => name)
}

test.for([
  ['engine', engineFolders],
  ['server', serverFolders],
] as const)('a folder of the %s imports only folders below it', ([, folders]) => {
  const names = Object.keys(folders)
  expect(names.length).toBeGreaterThan(15)
  for (const [index, targets] of Object.values(folders).entries()) {
    expect(names.slice(0, index)).toEqual(expect.arrayContaining(targets))
  }
})

test('ARCHITECTURE.md lists the folders of the engine from the highest to the lowest', () => {
  const listed = listedIn('### Engine\n', '`create-engine.ts` composes them')
  expect(listed).toEqual(['catalogue', ...[...engineBase, ...Object.keys(engineFolders)].toReversed()])
})

test('ARCHITECTURE.md lists the folders of the server from the highest to the lowest', () => {
  const listed = listedIn('### Server\n', 'A folder imports')
  expect(listed).toEqual(['processes', 'compose', ...Object.keys(serverFolders).toReversed()])
})

test('ARCHITECTURE.md says what each workspace may import', () => {
  const table = between('ARCHITECTURE.md', '## Code map\n', '\n\nThe last column')
  const listed = Object.keys(workspaces).map((name) => {
    const row = table.split('\n').find((line) => line.startsWith(`| \`${workspacePath(name)}\` |`)) ?? ''
    return [name, row.split('|').at(-2)?.trim()]
  })
  expect(Object.fromEntries(listed)).toEqual(
    Object.fromEntries(
      Object.entries(workspaces).map(([name, targets]) => [name, targets.join(', ') || 'no other workspace']),
    ),
  )
})
