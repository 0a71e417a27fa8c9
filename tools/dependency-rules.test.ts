import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cruise as dependencyCruise } from 'dependency-cruiser'
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options'
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const configName = '.dependency-cruiser.mjs'
const cruiser = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs')
const packageNames = ['contract', 'engine', 'adapters', 'server', 'cli', 'web', 'testkit']
const folders = [...packageNames.map((name) => `packages/${name}`), 'bench']

/** The folders of the site, each with one file and what it imports: every direction that is allowed. */
const siteImports: Record<string, string[]> = {
  app: ['../features/booking/part.ts', '../features/ticket/part.ts', '../features/admin/part.ts'],
  'features/booking': ['../../domain/bookings/part.ts', '../../ui/part.ts', '../../lib/api.ts'],
  'features/ticket': ['../../domain/bookings/part.ts'],
  'features/admin': ['./doctors/part.ts', './people/part.ts'],
  'features/admin/doctors': [],
  'features/admin/people': [],
  'domain/bookings': ['../../ui/part.ts', '../../lib/api.ts'],
  ui: ['../lib/format.ts'],
}

/** A small project under the real rules: two files and a test in each workspace, and no violation. */
let project: string

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'holdfast-rules-'))
  for (const name of [configName, 'tsconfig.json', 'package.json']) {
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
  for (const name of ['api', 'format', 'part']) await write(`packages/web/src/lib/${name}.ts`, "import './language.ts'")
  await write('packages/web/src/lib/language.ts', 'export const language = 1')
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

const cruised = ['packages', 'bench']
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

/** As `npm run rules` does. */
async function cruiseByCommand(directory: string): Promise<Found> {
  const args = [cruiser, '--config', configName, '--output-type', 'json', ...cruised]
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

test('the cruiser reads the real project too', async () => {
  expect((await cruiseByCommand(root)).modules).toBeGreaterThan(100)
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
    'adapters-imports-only-itself',
  ],
  [
    'the server imports the command line',
    'server/src/part.ts',
    "import '@holdfast/cli'",
    'server-imports-only-engine-adapters-contract',
  ],
  ['the server imports the testkit', 'server/src/part.ts', "import '@holdfast/testkit'", 'testkit-is-for-tests'],
  ['the site imports the engine', 'web/src/part.ts', "import '@holdfast/engine'", 'web-imports-only-contract'],
  [
    'a feature of the site imports another feature',
    'web/src/features/ticket/part.ts',
    "import '../booking/part.ts'",
    'site-feature-imports-no-other-feature',
  ],
  [
    'a page of the clinic imports another page',
    'web/src/features/admin/doctors/part.ts',
    "import '../people/part.ts'",
    'site-admin-page-imports-no-other-page',
  ],
  [
    'a feature imports the app that composes it',
    'web/src/features/ticket/part.ts',
    "import '../../app/part.ts'",
    'site-features-imports-only-domain-ui-lib',
  ],
  [
    'what features share imports a feature',
    'web/src/domain/bookings/part.ts',
    "import '../../features/booking/part.ts'",
    'site-domain-imports-only-ui-lib',
  ],
  [
    'a component without business words imports one with them',
    'web/src/ui/part.ts',
    "import '../domain/bookings/part.ts'",
    'site-ui-imports-only-lib',
  ],
  [
    'a component without business words makes requests',
    'web/src/ui/part.ts',
    "import '../lib/api.ts'",
    'site-ui-knows-no-business',
  ],
  ['lib imports a component', 'web/src/lib/part.ts', "import '../ui/part.ts'", 'site-lib-imports-only-itself'],
  [
    'the server imports the benchmark',
    'server/src/part.ts',
    "import '@holdfast/bench'",
    'server-imports-only-engine-adapters-contract',
  ],
  [
    'the benchmark imports the site',
    '../bench/src/part.ts',
    "import '@holdfast/web'",
    'bench-imports-only-contract-engine-adapters-server-cli',
  ],
  [
    'the benchmark imports the server by its path',
    '../bench/src/part.ts',
    "import '../../packages/server/src/part.ts'",
    'workspaces-import-each-other-by-name',
  ],
  [
    'the benchmark imports the testkit outside a test',
    '../bench/src/part.ts',
    "import '@holdfast/testkit'",
    'testkit-is-for-tests',
  ],
  [
    "the engine's model imports its database folder",
    'engine/src/model/id.ts',
    "import '../database/pools.ts'",
    'engine-model-imports-only-itself',
  ],
  [
    "the engine's database folder imports a folder above it",
    'engine/src/database/pools.ts',
    "import '../reads/cursor.ts'",
    'engine-database-imports-only-model',
  ],
  ...Object.entries({
    queue: 'model-database',
    lists: 'model-database',
    'stored-responses': 'model-database',
    slots: 'model-database',
    tail: 'model-database',
    upkeep: 'model-database',
    'app-login': 'model-database',
    verify: 'model-database',
    move: 'model-database',
    bookings: 'model-database-queue',
    reads: 'model-database-bookings-lists-verify',
    directory: 'model-database-calendars-lists-reads-stored-responses',
    import: 'model-database-directory-slots',
    waitlist: 'model-database-lists-reads-stored-responses',
    theatre: 'model-database-bookings-lists-reads-slots-stored-responses',
    messages: 'model-database-lists-reads',
    webhooks: 'model-database-lists-reads-tail',
    calendars: 'model-database-bookings-reads',
    migrate: 'model-database-upkeep',
  }).map(([folder, allowed]): [string, string, string, string] => [
    `the engine's ${folder}/ imports what composes it`,
    `engine/src/${folder}/planted.ts`,
    "import '../create-engine.ts'",
    `engine-${folder}-imports-only-${allowed}`,
  ]),
  [
    'a folder of the engine has no rule',
    'engine/src/planted/planted.ts',
    "import '../model/id.ts'",
    'engine-folder-has-a-rule',
  ],
  ['the engine imports an HTTP module', 'engine/src/part.ts', "import 'node:http'", 'engine-knows-no-http'],
  [
    'a guard imports a resource',
    'server/src/rest/guards/access.ts',
    "import '../resources/bookings.ts'",
    'rest-guards-imports-no-other-layer',
  ],
  [
    'a response imports a guard',
    'server/src/rest/responses/body.ts',
    "import '../guards/access.ts'",
    'rest-responses-imports-no-other-layer',
  ],
  [
    'a response imports what adds routes',
    'server/src/rest/responses/body.ts',
    "import '../serve.ts'",
    'rest-responses-imports-no-other-layer',
  ],
  [
    'a resource adds a route past serve()',
    'server/src/rest/resources/bookings.ts',
    "import 'fastify'",
    'rest-resources-know-no-fastify',
  ],
  [
    'a secret imports the REST API',
    'server/src/secrets/tokens.ts',
    "import '../rest/serve.ts'",
    'server-secrets-imports-only-itself',
  ],
  [
    'a secret imports the engine',
    'server/src/secrets/tokens.ts',
    "import '@holdfast/engine'",
    'server-secrets-know-no-package',
  ],
  ...Object.entries({
    config: 'itself',
    secrets: 'itself',
    demo: 'itself',
    observe: 'config',
    lifecycle: 'config',
    backups: 'config-lifecycle-observe',
    accounts: 'config-observe-secrets',
    cache: 'observe',
    calendar: 'lifecycle-observe',
    relay: 'lifecycle-observe',
    messages: 'observe-relay-secrets',
    webhooks: 'messages-observe-relay-secrets',
    busy: 'messages-observe-secrets',
    jobs: 'busy-lifecycle-messages-observe-webhooks',
    edge: 'accounts-config-observe-secrets',
    site: 'cache-edge',
    live: 'calendar-config-edge-lifecycle-observe',
    rest: 'accounts-audit-cache-calendar-edge-messages-secrets-webhooks',
  }).map(([folder, allowed]): [string, string, string, string] => [
    `the server's ${folder}/ imports what composes it`,
    `server/src/${folder}/planted.ts`,
    "import '../compose/compose-server.ts'",
    `server-${folder}-imports-only-${allowed}`,
  ]),
  [
    "the server's compose/ imports an entry point",
    'server/src/compose/planted.ts',
    "import type { main } from '../main.ts'\nexport type Main = typeof main",
    'server-compose-imports-only-folders',
  ],
  [
    "the server's processes/ import the parts of a server",
    'server/src/processes/planted.ts',
    "import '../config/config.ts'",
    'server-processes-imports-only-compose-lifecycle-observe',
  ],
  [
    'a low folder of the server imports one above it, as a type',
    'server/src/config/planted.ts',
    "import type { Jobs } from '../jobs/jobs.ts'\nexport type Planted = Jobs",
    'server-config-imports-only-itself',
  ],
  [
    'a folder of the server has no rule',
    'server/src/planted/planted.ts',
    "import '../config/config.ts'",
    'server-folder-has-a-rule',
  ],
  [
    'an endpoint of better-auth imports a guard',
    'server/src/rest/auth/auth-routes.ts',
    "import '../guards/access.ts'",
    'rest-auth-imports-no-other-layer',
  ],
  ['two files import each other', 'cli/src/part.ts', "import './index.ts'\nexport const part = 1", 'no-cycle'],
  ['a file is dead code', 'cli/src/unused.ts', 'export const unused = 1', 'no-orphan'],
  ['a test is imported', 'cli/src/part.ts', "import './part.test.ts'", 'no-test-is-imported'],
  ['an import cannot be resolved', 'cli/src/part.ts', "import './gone.ts'", 'nothing-unresolvable'],
]

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
