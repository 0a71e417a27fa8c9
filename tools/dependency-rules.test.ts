import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const cruiser = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs')
const packageNames = ['contract', 'engine', 'adapters', 'server', 'cli', 'web', 'testkit']

/** A small house with the real one's rules: one file and one test a package, and nothing wrong. */
let house: string

beforeEach(async () => {
  house = await mkdtemp(join(tmpdir(), 'holdfast-rules-'))
  for (const name of ['.dependency-cruiser.mjs', 'tsconfig.json', 'package.json']) {
    await copyFile(join(root, name), join(house, name))
  }
  await mkdir(join(house, 'node_modules/@holdfast'), { recursive: true })
  for (const name of packageNames) {
    await symlink(`../../packages/${name}`, join(house, 'node_modules/@holdfast', name))
    const manifest = { name: `@holdfast/${name}`, type: 'module', exports: { '.': './src/index.ts' } }
    await write(`packages/${name}/package.json`, JSON.stringify(manifest))
    await write(`packages/${name}/src/index.ts`, "export { part } from './part.ts'")
    await write(`packages/${name}/src/part.ts`, 'export const part = 1')
    await write(`packages/${name}/src/part.test.ts`, "import '@holdfast/testkit'\nimport './part.ts'")
  }
  await write(
    'packages/server/src/compose.ts',
    "import '@holdfast/engine'\nimport '@holdfast/adapters'\nimport './part.ts'",
  )
  await write('packages/cli/src/start.ts', "import '@holdfast/server'\nimport '@holdfast/engine'")
})

afterEach(() => rm(house, { recursive: true, force: true }))

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(house, path)), { recursive: true })
  await writeFile(join(house, path), `${text}\n`)
}

type Cruise = { summary: { totalCruised: number; violations: { rule: { name: string } }[] } }

async function cruise(directory: string): Promise<{ modules: number; rules: string[] }> {
  const args = [cruiser, '--config', '.dependency-cruiser.mjs', '--output-type', 'json', 'packages']
  // Exits with the number of violations; the report on stdout has them all.
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, args, { cwd: directory, maxBuffer: 1 << 28 }, (_error, stdout) => resolve(stdout))
  })
  const report: Cruise = JSON.parse(output)
  const rules = new Set(report.summary.violations.map((violation) => violation.rule.name))
  return { modules: report.summary.totalCruised, rules: [...rules].sort() }
}

test('a house in order passes, and the cruiser saw it', async () => {
  const { modules, rules } = await cruise(house)
  expect(rules).toEqual([])
  expect(modules).toBeGreaterThanOrEqual(packageNames.length * 3)
})

test('the cruiser sees the real house too', async () => {
  expect((await cruise(root)).modules).toBeGreaterThan(100)
})

const planted: [what: string, path: string, text: string, rule: string][] = [
  ['the engine imports the server', 'engine/src/part.ts', "import '@holdfast/server'", 'engine-imports-only-itself'],
  [
    'the engine imports a type of the contract, by its path',
    'engine/src/part.ts',
    "import type { part } from '../../contract/src/part.ts'\nexport type Part = typeof part",
    'engine-imports-only-itself',
  ],
  [
    'the contract imports the engine',
    'contract/src/part.ts',
    "import '@holdfast/engine'",
    'contract-imports-only-itself',
  ],
  [
    'an adapter imports the engine',
    'adapters/src/part.ts',
    "import '@holdfast/engine'",
    'adapters-imports-only-contract',
  ],
  [
    'the server imports the command line',
    'server/src/part.ts',
    "import '@holdfast/cli'",
    'server-imports-only-engine-adapters-contract',
  ],
  ['the server imports the testkit', 'server/src/part.ts', "import '@holdfast/testkit'", 'testkit-is-for-tests'],
  ['the site imports the engine', 'web/src/part.ts', "import '@holdfast/engine'", 'web-imports-only-contract'],
  ['the engine knows HTTP', 'engine/src/part.ts', "import 'node:http'", 'engine-knows-no-http'],
  ['two files import each other', 'cli/src/part.ts', "import './index.ts'\nexport const part = 1", 'no-cycle'],
  ['a file is forgotten', 'cli/src/forgotten.ts', 'export const forgotten = 1', 'no-orphan'],
  ['a test is imported', 'cli/src/part.ts', "import './part.test.ts'", 'no-test-is-imported'],
  ['an import leads nowhere', 'cli/src/part.ts', "import './gone.ts'", 'nothing-unresolvable'],
]

test.each(planted)('caught: %s', async (_what, path, text, rule) => {
  await write(`packages/${path}`, text)
  expect((await cruise(house)).rules).toContain(rule)
})
