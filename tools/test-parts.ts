// Which tests `npm test` runs, and which only `npm run test:rest` or `.ci/nightly` do. A file says it in its first
// lines:
//
// - `// Guarantee: …`: what a browser test shows that must hold. Other browser tests are the rest.
// - `// Rest: …`: which table, or which languages, widths or pages the file goes through.
// - `// Nightly: …`: the same, of what `.ci/run` has no time for.
//
// All other files are run by `npm test`.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const parts = ['first', 'rest', 'nightly'] as const
export type Part = (typeof parts)[number]

const marker = /^\/\/ (Guarantee|Rest|Nightly): \S/m

/** The part of a file's tests, by its path and its first lines. */
export function partOf(path: string, text: string): Part {
  const tag = marker.exec(text.split('\n', 3).join('\n'))?.[1]
  if (tag === 'Rest' || tag === 'Nightly') return tag === 'Rest' ? 'rest' : 'nightly'
  return path.includes('/browser-tests/') && tag !== 'Guarantee' ? 'rest' : 'first'
}

/** The test files among `patterns` that are not of a part. */
export function filesOfOtherParts(root: string, patterns: readonly string[], part: Part): string[] {
  return globSync(patterns, { cwd: root }).filter(
    (path) => partOf(path, readFileSync(join(root, path), 'utf8')) !== part,
  )
}
