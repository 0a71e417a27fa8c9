// Completeness: a page names a test that does not exist
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')

/** The tests that a page names in the last column of its tables, as `` `file`: name ``. */
function namedTests(page: string): { file: string; name: string }[] {
  return [...page.matchAll(/\| `([^`]+\.test\.ts)`: (.+) \|$/gm)].map(([, file = '', name = '']) => ({ file, name }))
}

function missingTests(page: string): string[] {
  return namedTests(page).flatMap(({ file, name }) => {
    const path = join(root, file)
    const isThere =
      existsSync(path) && ["'", '`'].some((quote) => readFileSync(path, 'utf8').includes(quote + name + quote))
    return isThere ? [] : [`${file}: ${name}`]
  })
}

test.for(['docs/tested-failures.md', 'docs/security/hardening.md'])('every test that %s names exists', (path) => {
  const page = readFileSync(join(root, path), 'utf8')
  expect(namedTests(page).length).toBeGreaterThan(25)
  expect(missingTests(page)).toEqual([])
})

test('a test that does not exist is noticed', () => {
  const page = [
    '| a | b | `tools/tested-failures.test.ts`: every test that %s names exists |',
    '| a | b | `tools/tested-failures.test.ts`: no such test |',
    '| a | b | `tools/tested-failures.test.ts`: every test that %s names |',
    '| a | b | `tools/nothing.test.ts`: no such file |',
  ].join('\n')
  expect(missingTests(page)).toEqual([
    'tools/tested-failures.test.ts: no such test',
    'tools/tested-failures.test.ts: every test that %s names',
    'tools/nothing.test.ts: no such file',
  ])
})
