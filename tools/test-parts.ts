// How tests are chosen, and what a file of tests needs. It says so in its first lines:
//
// - `// Guarantee: …`: what a browser test shows that must hold. Other browser tests are the rest.
// - `// Rest: …`: which table, or which languages, widths or pages the file goes through.
// - `// Nightly: …`: the same, of what `.ci/run` has no time for.
// - `// Drill: …`: what takes minutes, such as an installation, an outage or a restore; all files of `drills`.
//
// `npm test` runs all others, `npm run test:rest` the rest, and `.ci/nightly` those for the night and the drills
// (`npm run test:drills`). Besides, a file can say:
//
// - `// Isolated: …`: what it changes for the process that it runs in; it gets a separate one.
// - `// Timed: …`: what it measures; it runs alone, after all the others.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const parts = ['first', 'rest', 'nightly', 'drill'] as const
export type Part = (typeof parts)[number]

const partTags: Readonly<Record<string, Part>> = {
  Guarantee: 'first',
  Rest: 'rest',
  Nightly: 'nightly',
  Drill: 'drill',
}

/** The part of a file's tests, by its path and its first lines. */
export function partOf(path: string, text: string): Part {
  const said = tagsOf(text).flatMap((tag) => partTags[tag] ?? [])[0]
  if (said !== undefined) return said
  if (path.startsWith('drills/')) return 'drill'
  return path.includes('/browser-tests/') ? 'rest' : 'first'
}

function tagsOf(text: string): string[] {
  return [
    ...text
      .split('\n', 3)
      .join('\n')
      .matchAll(/^\/\/ (\w+): \S/gm),
  ].map(([, tag = '']) => tag)
}

/** A file of tests, by its path in the project. */
export type TestFile = { path: string; part: Part; isIsolated: boolean; isTimed: boolean }

/** The test files of these patterns. */
export function readTestFiles(root: string, patterns: readonly string[]): TestFile[] {
  return globSync(patterns, { cwd: root }).map((path) => {
    const text = readFileSync(join(root, path), 'utf8')
    const tags = tagsOf(text)
    return { path, part: partOf(path, text), isIsolated: tags.includes('Isolated'), isTimed: tags.includes('Timed') }
  })
}
