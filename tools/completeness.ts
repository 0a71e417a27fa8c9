// The tests that fail when a change is not complete: those that compare the parts of the project with each other. Each
// says in its first line, `// Completeness: …`, what its failure means.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const marker = /^\/\/ Completeness: (.+)$/m
/** Reads the project's files or its contract as a whole. Tests of SQL's catalogue are in one folder. */
const readsAll = /\bglobSync\(|\bObject\.(?:keys|values|entries)\(restOperations\b/
const catalogue = 'packages/engine/src/catalogue/'

/** Each of these reads files or operations as material of its test, and says nothing about what a change lacks. */
const material = new Set([
  'packages/server/src/rest/odd-input.test.ts',
  'packages/server/src/rest/resources/bookings.test.ts',
  'test/deploy/cluster-files.test.ts',
  'test/deploy/compose.test.ts',
  'test/deploy/documented-commands.test.ts',
  'test/deploy/systemd-units.test.ts',
  'tools/completeness.test.ts',
])

export type TestFile = { path: string; text: string }

export function testFiles(root: string): TestFile[] {
  const paths = globSync('{packages/*/{src,test,help},tools,test}/**/*.test.ts', { cwd: root })
  return paths.map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}

/** Each marked test with what its failure means. */
export function completenessTests(files: readonly TestFile[]): Record<string, string> {
  const marked = files.map(({ path, text }) => [path, marker.exec(text)?.[1]] as const)
  return Object.fromEntries(marked.flatMap(([path, meaning]) => (meaning === undefined ? [] : [[path, meaning]])))
}

/** Tests that read the project as a whole, and are neither marked nor listed in {@link material}. */
export function unmarked(files: readonly TestFile[]): string[] {
  return files
    .filter(({ path, text }) => (path.startsWith(catalogue) || readsAll.test(text)) && !marker.test(text))
    .map(({ path }) => path)
    .filter((path) => !material.has(path))
}
