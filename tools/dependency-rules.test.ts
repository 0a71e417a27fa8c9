// Rest: each rule of imports
import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cruise as dependencyCruise } from 'dependency-cruiser'
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options'
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { groups, workspacePath, workspaces } from './import-directions.mjs'
import { planted, unlisted } from './planted-imports.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const configName = '.dependency-cruiser.mjs'
const cruiser = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs')
const folders = Object.keys(workspaces).map(workspacePath)

/** The folders of the site, each with one file and what it imports: every direction that is allowed. */
const siteImports: Record<string, string[]> = {
  app: ['../features/booking/part.ts', '../features/ticket/part.ts', '../features/admin/part.ts'],
  'features/booking': ['../../domain/bookings/part.ts', '../../ui/part.ts', '../../lib/api/api.ts'],
  'features/ticket': ['../../domain/bookings/part.ts'],
  'features/admin': ['./doctors/part.ts', './people/part.ts'],
  'features/admin/doctors': [],
  'features/admin/people': [],
  'domain/bookings': ['../../ui/part.ts', '../../lib/api/api.ts'],
  ui: ['../lib/i18n/format.ts'],
}

/** A small project under the real rules: two files and a test in each workspace, and no violation. */
let project: string

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'holdfast-rules-'))
  await mkdir(join(project, 'tools'))
  for (const name of [configName, 'tools/import-directions.mjs', 'tsconfig.json', 'package.json']) {
    await copyFile(join(root, name), join(project, name))
  }
  await mkdir(join(project, 'node_modules/@holdfast'), { recursive: true })
  for (const folder of folders) {
    const name = `@holdfast/${basename(folder)}`
    await symlink(`../../${folder}`, join(project, 'node_modules', name))
    const manifest = { name, type: 'module', exports: { '.': './src/index.ts' } }
    await write(`${folder}/package.json`, JSON.stringify(manifest))
    await write(`${folder}/src/index.ts`, "export { part } from './part.ts'")
    await write(`${folder}/src/part.ts`, 'export const part = 1')
    await write(`${folder}/src/part.test.ts`, "import '@holdfast/testkit'\nimport './part.ts'")
  }
  await write('packages/engine/src/create-engine.ts', "import './model/id.ts'\nimport './database/pools.ts'")
  await write('packages/engine/src/model/id.ts', 'export const id = 1')
  await write('packages/engine/src/database/pools.ts', "import '../model/id.ts'")
  await write('packages/engine/src/reads/cursor.ts', "import '../model/id.ts'\nimport '../database/pools.ts'")
  await write('packages/server/src/main.ts', "import './compose/compose-server.ts'")
  await write(
    'packages/server/src/compose/compose-server.ts',
    "import '@holdfast/engine'\nimport '@holdfast/adapters'\nimport '../rest/serve.ts'\nimport '../jobs/jobs.ts'",
  )
  await write('packages/server/src/accounts/sessions/sessions.ts', "import '../../observe/logger.ts'")
  await write('packages/server/src/jobs/jobs.ts', "import '../observe/logger.ts'")
  await write('packages/server/src/observe/logger.ts', "import '../config/config.ts'")
  await write('packages/server/src/config/config.ts', 'export const config = 1')
  await write('packages/server/src/rest/rest-deps.ts', "import '../secrets/keys.ts'")
  await write('packages/server/src/rest/guards/access.ts', "import '../rest-deps.ts'")
  await write('packages/server/src/rest/responses/body.ts', "import '../rest-deps.ts'")
  await write('packages/server/src/rest/serve.ts', "import './guards/access.ts'\nimport './responses/body.ts'")
  await write('packages/server/src/rest/resources/bookings.ts', "import '../serve.ts'\nimport '../guards/access.ts'")
  await write('packages/server/src/secrets/keys.ts', "import 'node:crypto'")
  await write('packages/cli/src/start.ts', "import '@holdfast/server'\nimport '@holdfast/engine'")
  for (const [folder, imported] of Object.entries(siteImports)) {
    await write(`packages/web/src/${folder}/part.ts`, imported.map((path) => `import '${path}'`).join('\n'))
  }
  for (const name of ['api/api', 'i18n/format', 'part'])
    await write(`packages/web/src/lib/${name}.ts`, "import '@holdfast/contract'")
  for (const [group, listed] of Object.entries(groups)) {
    for (const folder of Object.keys(listed)) await write(`packages/${group}/${folder}/part.ts`, "import 'node:crypto'")
    await write(`packages/${group}/${unlisted}/part.ts`, 'export const part = 1')
    await write(`packages/${group}/beside.ts`, `import './${unlisted}/part.ts'`)
  }
  await write('packages/web/src/main.ts', "import './app/part.ts'")
})

afterAll(() => rm(project, { recursive: true, force: true }))

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(project, path)), { recursive: true })
  await writeFile(join(project, path), `${text}\n`)
}

type Violation = { from: string; to: string; rule: { name: string } }
type Cruise = { summary: { totalCruised: number; violations: Violation[] } }
type Found = { modules: number; rules: string[]; violations: Violation[] }

const cruised = ['packages', 'bench', 'drills']
const options = await extractDepcruiseOptions(join(root, configName))
const tsConfig = extractTSConfig(join(root, 'tsconfig.json'))

/** Cruises the project in this process: a process for each planted violation would take 0.7 s of CPU. */
async function cruise(): Promise<Found> {
  const before = process.cwd()
  // The rules' paths are relative to the current directory.
  process.chdir(project)
  try {
    const { output } = await dependencyCruise(cruised, options, {}, { tsConfig })
    if (typeof output === 'string') throw new Error(`The cruiser returned text: ${output}`)
    return foundIn(output)
  } finally {
    process.chdir(before)
  }
}

/** Runs the command of `npm run rules`. */
async function cruiseByCommand(directory: string, paths = cruised): Promise<Found> {
  const args = [cruiser, '--config', configName, '--output-type', 'json', ...paths]
  // The exit code is the number of violations; the report on stdout lists them.
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, args, { cwd: directory, maxBuffer: 1 << 28 }, (_error, stdout) => resolve(stdout))
  })
  return foundIn(JSON.parse(output))
}

function foundIn({ summary }: Cruise): Found {
  const rules = new Set(summary.violations.map((violation) => violation.rule.name))
  return { modules: summary.totalCruised, rules: [...rules].sort(), violations: summary.violations }
}

test('a project without violations passes, and the cruiser has read it', async () => {
  const found = await cruise()
  expect(found.rules).toEqual([])
  expect(found.modules).toBeGreaterThanOrEqual(folders.length * 3)
  expect(await cruiseByCommand(project), 'the command finds the same').toEqual(found)
})

test('a violation of each rule is planted', () => {
  const rules = options.ruleSet?.forbidden?.map(({ name }) => name)
  expect([...new Set(planted.map(([, , , rule]) => rule))].toSorted()).toEqual(rules?.toSorted())
})

test('the cruiser reads the real project too', async () => {
  // This reads one workspace, which takes a second of processor time instead of ten. `npm run check` reads all of them.
  expect((await cruiseByCommand(root, ['packages/adapters'])).modules).toBeGreaterThan(100)
})

/**
 * Plants everything, as much at a time as has different paths.
 *
 * @returns for each plant, the rules that its file violates
 */
async function plantAll(): Promise<Set<string>[]> {
  const violated: Set<string>[] = []
  const paths = planted.map(([, path]) => join('packages', path))
  for (let waiting = [...planted.keys()]; waiting.length > 0; ) {
    const round = waiting.filter((index, at) => waiting.findIndex((one) => paths[one] === paths[index]) === at)
    waiting = waiting.filter((index) => !round.includes(index))
    const restore = await Promise.all(round.map((index) => plant(paths[index] ?? '', planted[index]?.[2] ?? '')))
    const { violations } = await cruise()
    for (const index of round) {
      const itsOwn = violations.filter(({ from, to }) => from === paths[index] || to === paths[index])
      violated[index] = new Set(itsOwn.map(({ rule }) => rule.name))
    }
    await Promise.all(restore.map((one) => one()))
  }
  return violated
}

async function plant(path: string, text: string): Promise<() => Promise<void>> {
  const before = await readFile(join(project, path), 'utf8').catch(() => undefined)
  await write(path, text)
  return () => (before === undefined ? rm(join(project, path)) : writeFile(join(project, path), before))
}

describe('reported', () => {
  let violated: Set<string>[]
  beforeAll(async () => {
    violated = await plantAll()
  })

  test.each(planted)('%s', (...[what, , , rule]) => {
    expect([...(violated[planted.findIndex((one) => one[0] === what)] ?? [])]).toContain(rule)
  })

  test('without what was planted, there are no violations again', async () => {
    expect((await cruise()).rules).toEqual([])
  })
})
