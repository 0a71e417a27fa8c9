// Completeness: a file says in other words than those of tools/test-parts.ts when its tests run
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { partOf, parts, readTestFiles } from './test-parts.ts'

const root = join(import.meta.dirname, '..')
const patterns = ['packages/*/{src,test,browser-tests}/**/*.test.ts', '{test,tools,bench,drills}/**/*.test.ts']

test.for([
  ['first', 'packages/engine/src/a.test.ts', 'import'],
  ['first', 'packages/web/browser-tests/a.test.ts', '// Guarantee: a held place is kept\nimport'],
  ['rest', 'packages/web/browser-tests/a.test.ts', 'import'],
  ['rest', 'packages/engine/src/a.test.ts', '// Completeness: a page is missing\n// Rest: all pages\nimport'],
  ['nightly', 'packages/engine/src/a.test.ts', '// Nightly: all languages\nimport'],
  ['nightly', 'packages/web/browser-tests/a.test.ts', '// Nightly: all widths\nimport'],
  ['drill', 'drills/chaos/a.test.ts', 'import'],
  ['drill', 'packages/cli/test/a.test.ts', '// Isolated: sets a clock\n// Drill: restores\nimport'],
  // A tag without a reason is none, nor is one below the first lines.
  ['first', 'packages/engine/src/a.test.ts', '// Nightly: \nimport'],
  ['first', 'packages/engine/src/a.test.ts', 'import\n\n\n// Nightly: all widths'],
] as const)('%s: %s, %j', ([part, path, text]) => {
  expect(partOf(path, text)).toBe(part)
})

test('each part has some files, and some are isolated or timed', () => {
  const files = readTestFiles(root, patterns)
  expect(new Set(files.map(({ part }) => part))).toEqual(new Set(parts))
  expect(files.some(({ isIsolated }) => isIsolated)).toBe(true)
  expect(files.some(({ isTimed }) => isTimed)).toBe(true)
})

test('no file has a tag that is misspelt, or too far below', () => {
  const odd = globSync(patterns, { cwd: root }).filter((path) => {
    if (path === 'tools/test-parts.test.ts') return false
    const text = readFileSync(join(root, path), 'utf8')
    return (
      /^\/\/\s*(guarantees?|rest|nightly|drills?|isolated|timed)\b/im.test(text) &&
      !/^\/\/ (Guarantee|Rest|Nightly|Drill|Isolated|Timed): \S/m.test(text.split('\n', 3).join('\n'))
    )
  })
  expect(odd).toEqual([])
})
