// Completeness: a file says in other words than those of tools/test-parts.ts when its tests run
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { filesOfOtherParts, partOf, parts } from './test-parts.ts'

const root = join(import.meta.dirname, '..')
const patterns = ['packages/*/{src,test,browser-tests}/**/*.test.ts', '{test,tools,bench}/**/*.test.ts']

test.for([
  ['first', 'packages/engine/src/a.test.ts', 'import'],
  ['first', 'packages/web/browser-tests/a.test.ts', '// Guarantee: a held place is kept\nimport'],
  ['rest', 'packages/web/browser-tests/a.test.ts', 'import'],
  ['rest', 'packages/engine/src/a.test.ts', '// Completeness: a page is missing\n// Rest: all pages\nimport'],
  ['nightly', 'packages/engine/src/a.test.ts', '// Nightly: all languages\nimport'],
  ['nightly', 'packages/web/browser-tests/a.test.ts', '// Nightly: all widths\nimport'],
  // A tag without a reason is none, nor is one below the first lines.
  ['first', 'packages/engine/src/a.test.ts', '// Nightly: \nimport'],
  ['first', 'packages/engine/src/a.test.ts', 'import\n\n\n// Nightly: all widths'],
] as const)('%s: %s, %j', ([part, path, text]) => {
  expect(partOf(path, text)).toBe(part)
})

test('each file is in one part, and each part has some', () => {
  const all = globSync(patterns, { cwd: root })
  const others = parts.map((part) => filesOfOtherParts(root, patterns, part))
  for (const files of others) expect(files.length).toBeLessThan(all.length)
  expect(others.flat().length).toBe(all.length * (parts.length - 1))
})

test('no file has a tag that is misspelt, or too far below', () => {
  const odd = globSync(patterns, { cwd: root }).filter((path) => {
    if (path === 'tools/test-parts.test.ts') return false
    const text = readFileSync(join(root, path), 'utf8')
    return (
      /^\/\/\s*(guarantees?|rest|nightly)\b/im.test(text) &&
      !/^\/\/ (Guarantee|Rest|Nightly): \S/m.test(text.split('\n', 3).join('\n'))
    )
  })
  expect(odd).toEqual([])
})
