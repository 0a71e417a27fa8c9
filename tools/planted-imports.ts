import {
  engineBase,
  engineFolders,
  groupName,
  groups,
  importsOnly,
  serverFolders,
  siteFolders,
  workspacePath,
  workspaces,
} from './import-directions.mjs'

type Planted = [what: string, path: string, text: string, rule: string]

/** A folder of a group that `groups` does not list; the project of dependency-rules.test.ts has one in each. */
export const unlisted = 'unlisted'

/** The first of a table's folders that one of them may not import. */
const forbiddenTo = (from: string, targets: string[], table: object): string | undefined =>
  Object.keys(table).find((name) => name !== from && !targets.includes(name))

const workspaceRule = (name: string) => importsOnly(name, workspaces[name] ?? [])

const siteRule = (folder: string) => importsOnly(`site-${folder}`, siteFolders[folder] ?? [])

/** For each rule of a table, one import that it forbids. */
const ofTables: Planted[] = [
  ...Object.entries(workspaces).map(([name, targets]): Planted => {
    const other = forbiddenTo(name, targets, workspaces)
    return [
      `${name} imports ${other}`,
      `../${workspacePath(name)}/src/part.ts`,
      `import '@holdfast/${other}'`,
      workspaceRule(name),
    ]
  }),
  ...Object.entries(engineFolders).map(
    ([folder, targets]): Planted => [
      `the engine's ${folder}/ imports what composes it`,
      `engine/src/${folder}/planted.ts`,
      "import '../create-engine.ts'",
      importsOnly(`engine-${folder}`, [...engineBase, ...targets]),
    ],
  ),
  ...Object.entries(serverFolders).map(
    ([folder, targets]): Planted => [
      `the server's ${folder}/ imports what composes it`,
      `server/src/${folder}/planted.ts`,
      "import '../compose/compose-server.ts'",
      importsOnly(`server-${folder}`, targets),
    ],
  ),
  ...Object.keys(siteFolders).map(
    (folder): Planted => [
      `the site's ${folder}/ imports the app that composes it`,
      `web/src/${folder}/planted.ts`,
      "import '../app/part.ts'",
      siteRule(folder),
    ],
  ),
  ...Object.entries(groups).flatMap(([group, folders]) =>
    Object.entries(folders).map(([folder, targets]): Planted => {
      const neighbour = forbiddenTo(folder, targets, folders) ?? unlisted
      return [
        `${group}/${folder}/ imports its neighbour ${neighbour}/`,
        `${group}/${folder}/planted.ts`,
        `import '../${neighbour}/part.ts'`,
        importsOnly(`${groupName(group)}-${folder}`, targets),
      ]
    }),
  ),
]

/** Imports that break a rule, each as text of a file in the project of dependency-rules.test.ts. */
export const planted: Planted[] = [
  ...ofTables,
  [
    'the engine imports a type of the contract, by its path',
    'engine/src/part.ts',
    "import type { part } from '../../contract/src/part.ts'\nexport type Part = typeof part",
    workspaceRule('engine'),
  ],
  ['the server imports the testkit', 'server/src/part.ts', "import '@holdfast/testkit'", 'testkit-is-for-tests'],
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
    'what pages of the clinic share imports a page',
    'web/src/features/admin/shared/clinic/part.ts',
    "import '../../people/part.ts'",
    'site-admin-page-imports-no-other-page',
  ],
  [
    'what features share imports a feature',
    'web/src/domain/bookings/part.ts',
    "import '../../features/booking/part.ts'",
    siteRule('domain'),
  ],
  [
    'a component without business words imports one with them',
    'web/src/ui/part.ts',
    "import '../domain/bookings/part.ts'",
    siteRule('ui'),
  ],
  [
    'a component without business words makes requests',
    'web/src/ui/part.ts',
    "import '../lib/api/api.ts'",
    'site-ui-knows-no-business',
  ],
  ['lib imports a component', 'web/src/lib/part.ts', "import '../ui/part.ts'", siteRule('lib')],
  ['the server imports the benchmark', 'server/src/part.ts', "import '@holdfast/bench'", workspaceRule('server')],
  [
    'the benchmark imports the server by its path',
    '../bench/src/part.ts',
    "import '../../packages/server/src/part.ts'",
    'workspaces-import-each-other-by-name',
  ],
  ['the server imports a drill', 'server/src/part.ts', "import '@holdfast/drills'", workspaceRule('server')],
  [
    'a drill imports the server by its path',
    '../drills/src/part.ts',
    "import '../../packages/server/src/part.ts'",
    'workspaces-import-each-other-by-name',
  ],
  [
    'the program imports the testkit outside a test',
    'cli/src/part.ts',
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
    'a secret imports the engine',
    'server/src/secrets/tokens.ts',
    "import '@holdfast/engine'",
    'server-secrets-know-no-package',
  ],
  [
    'a folder within a folder has no rule',
    'web/src/lib/planted/planted.ts',
    "import '@holdfast/contract'",
    'group-has-a-rule',
  ],
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
    'an endpoint of better-auth imports a response',
    'server/src/rest/auth/auth-routes.ts',
    "import '../responses/body.ts'",
    'rest-auth-imports-no-other-layer',
  ],
  ['two files import each other', 'cli/src/part.ts', "import './index.ts'\nexport const part = 1", 'no-cycle'],
  [
    'two files import types',
    'adapters/src/part.ts',
    "import type {} from './index.ts'\nexport const part = 1",
    'no-cycle',
  ],
  ['a file is dead code', 'cli/src/unused.ts', 'export const unused = 1', 'no-orphan'],
  ['a test is imported', 'cli/src/part.ts', "import './part.test.ts'", 'no-test-is-imported'],
  ['an import cannot be resolved', 'cli/src/part.ts', "import './gone.ts'", 'nothing-unresolvable'],
]
