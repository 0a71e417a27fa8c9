// Completeness: a configuration, tool or test names a path that does not exist
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')

/** They invent files for their negative controls. */
const withInventedPaths = [
  'tools/build-site.test.ts',
  'tools/completeness.test.ts',
  'tools/dependency-rules.test.ts',
  'tools/line-width.test.ts',
  'tools/release/production-lockfile.test.ts',
  'tools/test-parts.test.ts',
]
const sourcesToRead = [
  '*.config.ts',
  'package.json',
  'packages/testkit/src/longest-first.ts',
  '.ci/{run,nightly}',
  'knip.json',
  '{tools,test,drills,bench}/**/*.{ts,mjs}',
]

/** Paths are in strings, but a shell's arguments need no quotes. */
const textsOf = (source: string) =>
  source.startsWith('#!/usr/bin/env bash')
    ? source.split(/[\s'"=]/)
    : [...source.matchAll(/(['"`])([^'"`\n]*)\1/g)].map(([, , text = '']) => text)

/** The paths and globs, from the root of the checkout, that are words of the source's texts. */
function pathsIn(source: string): string[] {
  const words = textsOf(source).flatMap((text) => text.split(/[.,:;]?(?: |$)/))
  return words.filter((word) => /^(packages|tools|test|bench|drills|docs|deploy)\//.test(word) && !/[$…]/.test(word))
}

/** Folders that a build creates: a fresh clone lacks them. */
const built = readFileSync(join(root, '.gitignore'), 'utf8')
  .split('\n')
  .filter((line) => /^[\w-]+(\/[\w-]+)+\/$/.test(line))

const isMissing = (path: string) =>
  !built.some((folder) => `${path}/`.startsWith(folder)) && globSync(path, { cwd: root }).length === 0

test('every path that the configuration, the tools and their tests name exists', () => {
  const sources = globSync(sourcesToRead, { cwd: root }).filter((path) => !withInventedPaths.includes(path))
  const named = sources.flatMap((source) =>
    pathsIn(readFileSync(join(root, source), 'utf8')).map((path) => ({ source, path })),
  )
  expect(named.length).toBeGreaterThan(200)
  expect(named.filter(({ path }) => isMissing(path))).toEqual([])
})

test('negative control: a path or glob without a file is noticed', () => {
  const [gone, there] = [['tools', 'gone-*.ts'].join('/'), 'tools/*.mjs']
  expect(pathsIn(`const list = ['${gone}', "vitest ${there} --run"]`)).toEqual([gone, there])
  expect(pathsIn(`#!/usr/bin/env bash\n# As ${gone}.\nnpm test -- \\\n  ${there} --run`)).toEqual([gone, there])
  expect([isMissing(gone), isMissing(there)]).toEqual([true, false])
  const [site, other] = [
    ['packages/web', 'dist/.sources'],
    ['packages/web', 'gone/.sources'],
  ].map((parts) => parts.join('/'))
  expect([isMissing(site ?? ''), isMissing(other ?? '')]).toEqual([false, true])
})
