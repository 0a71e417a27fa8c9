// The import directions of ARCHITECTURE.md, "Code map". tools/dependency-rules.test.ts plants a violation of each rule
// and expects it to be reported, because a cruiser that finds no modules reports no violations either.

/** Which workspaces each workspace may import. Tests are exempt. */
const allowed = {
  contract: [],
  engine: [],
  adapters: [],
  server: ['engine', 'adapters', 'contract'],
  cli: ['contract', 'engine', 'adapters', 'server'],
  web: ['contract'],
  testkit: ['engine', 'adapters'],
  bench: ['contract', 'engine', 'adapters', 'server', 'cli'],
}

/** @param {string} name */
const folderOf = (name) => (name === 'bench' ? '^bench/' : `^packages/${name}/`)

/** Tests, and what they share (`packages/server/test`). */
const test = ['\\.test\\.tsx?$', '^packages/[^/]+/(test|browser-tests)/', '^packages/web/(mail-)?screenshots\\.ts$']

const directions = Object.entries(allowed).map(([name, targets]) => ({
  name: `${name}-imports-only-${targets.length === 0 ? 'itself' : targets.join('-')}`,
  severity: 'error',
  from: { path: folderOf(name), pathNot: test },
  to: { path: '^(packages|bench)/', pathNot: [name, ...targets].map(folderOf) },
}))

/**
 * Which folders of the engine each of its folders may import besides {@link engineBase}. Only `create-engine.ts` knows
 * all.
 */
const engineFolders = {
  queue: [],
  lists: [],
  audit: ['lists'],
  'stored-responses': [],
  slots: [],
  tail: [],
  messages: ['lists', 'reads', 'stored-responses'],
  upkeep: [],
  archive: [],
  'app-login': [],
  verify: [],
  move: [],
  places: ['migrate'],
  bookings: ['queue'],
  limits: ['queue'],
  reads: ['bookings', 'lists', 'verify'],
  erasure: ['bookings', 'reads'],
  directory: ['calendars', 'lists', 'messages', 'reads', 'stored-responses'],
  import: ['directory', 'slots'],
  theatre: ['bookings', 'lists', 'queue', 'reads', 'slots', 'stored-responses'],
  waitlist: ['lists', 'reads', 'stored-responses'],
  webhooks: ['lists', 'reads', 'stored-responses', 'tail'],
  calendars: ['bookings', 'reads'],
  migrate: ['upkeep'],
}

/** What every folder of the engine may import. */
const engineBase = ['model', 'database']

/** @param {string[]} names */
const engineFolder = (...names) => `^packages/engine/src/(${names.join('|')})/`

const engineDirections = [
  { from: 'model', to: [] },
  { from: 'database', to: ['model'] },
  ...Object.entries(engineFolders).map(([from, targets]) => ({ from, to: [...engineBase, ...targets] })),
].map(({ from, to }) => ({
  name: `engine-${from}-imports-only-${to.length === 0 ? 'itself' : to.join('-')}`,
  severity: 'error',
  from: { path: engineFolder(from), pathNot: test },
  to: { path: '^packages/engine/src/', pathNot: engineFolder(from, ...to) },
}))

/**
 * Which folders of the server each of its folders may import, from the lowest to the highest. Only the entry points
 * `main.ts` and `worker.ts`, and `processes`, which runs several servers, may import `compose`.
 */
const serverFolders = {
  config: [],
  secrets: [],
  demo: [],
  observe: ['config'],
  lifecycle: ['config'],
  backups: ['config', 'lifecycle', 'observe'],
  audit: ['observe'],
  accounts: ['config', 'observe', 'secrets'],
  cache: ['observe'],
  calendar: ['lifecycle', 'observe'],
  replicas: ['observe'],
  relay: ['lifecycle', 'observe'],
  broker: ['lifecycle', 'observe', 'relay'],
  messages: ['lifecycle', 'observe', 'relay', 'secrets'],
  webhooks: ['lifecycle', 'messages', 'observe', 'relay', 'secrets'],
  busy: ['messages', 'observe', 'secrets'],
  jobs: ['busy', 'lifecycle', 'messages', 'observe', 'webhooks'],
  edge: ['accounts', 'config', 'observe', 'secrets'],
  site: ['cache', 'edge'],
  live: ['calendar', 'config', 'edge', 'lifecycle', 'observe'],
  rest: ['accounts', 'audit', 'cache', 'calendar', 'edge', 'messages', 'secrets', 'webhooks'],
}

const serverFoldersBelowCompose = Object.keys(serverFolders)

/** @param {string[]} names */
const serverFolder = (...names) => `^packages/server/src/(${names.join('|')})/`

const serverDirections = [
  ...Object.entries(serverFolders).map(([from, targets]) => ({ from, to: targets })),
  { from: 'compose', to: serverFoldersBelowCompose },
  { from: 'processes', to: ['compose', 'lifecycle', 'observe'] },
].map(({ from, to }) => ({
  name: `server-${from}-imports-only-${to === serverFoldersBelowCompose ? 'folders' : to.join('-') || 'itself'}`,
  severity: 'error',
  from: { path: serverFolder(from), pathNot: test },
  to: { path: '^packages/server/src/', pathNot: serverFolder(from, ...to) },
}))

/**
 * The folders of the site, and which of them each may import. Features meet only in `app`, which composes them; what
 * several of them show belongs to `domain`.
 */
const siteFolders = {
  app: ['features', 'domain', 'ui', 'lib'],
  features: ['domain', 'ui', 'lib'],
  domain: ['ui', 'lib'],
  ui: ['lib'],
  lib: [],
}

const site = '^packages/web/src/'

const siteDirections = Object.entries(siteFolders).map(([name, targets]) => ({
  name: `site-${name}-imports-only-${targets.length === 0 ? 'itself' : targets.join('-')}`,
  severity: 'error',
  from: { path: `${site}${name}/`, pathNot: test },
  to: { path: `${site}(${Object.keys(siteFolders).join('|')})/`, pathNot: `${site}(${[name, ...targets].join('|')})/` },
}))

const rest = '^packages/server/src/rest/'

/**
 * The layers of the REST API: resources use guards and responses, which know nothing of each other or of resources. The
 * endpoints of better-auth (`auth`) use none of them.
 */
const restDirections = ['guards', 'responses', 'auth'].map((layer) => ({
  name: `rest-${layer}-imports-no-other-layer`,
  severity: 'error',
  from: { path: `${rest}${layer}/`, pathNot: test },
  to: { path: rest, pathNot: [`${rest}${layer}/`, `${rest}(rest-deps|sent-key)\\.ts$`] },
}))

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...directions,
    ...engineDirections,
    {
      name: 'engine-folder-has-a-rule',
      comment: 'A folder that engineFolders does not list could import anything.',
      severity: 'error',
      from: {
        path: '^packages/engine/src/[^/]+/',
        pathNot: [
          ...test,
          engineFolder(...engineBase, ...Object.keys(engineFolders)),
          '^packages/engine/src/catalogue/',
        ],
      },
      to: {},
    },
    ...serverDirections,
    {
      name: 'server-folder-has-a-rule',
      comment: 'A folder that serverFolders does not list could import anything.',
      severity: 'error',
      from: {
        path: '^packages/server/src/[^/]+/',
        pathNot: [...test, serverFolder(...serverFoldersBelowCompose, 'compose', 'processes')],
      },
      to: {},
    },
    ...restDirections,
    {
      name: 'rest-resources-know-no-fastify',
      comment: 'A resource adds its routes by serve(), which checks the access that an operation declares.',
      severity: 'error',
      from: { path: `${rest}resources/`, pathNot: test },
      to: { path: ['node_modules/@?fastify/', '^@?fastify', `${rest}rest-routes\\.ts$`] },
    },
    {
      name: 'server-secrets-know-no-package',
      severity: 'error',
      from: { path: '^packages/server/src/secrets/', pathNot: test },
      to: { path: '^packages/', pathNot: '^packages/server/' },
    },
    ...siteDirections,
    {
      name: 'site-feature-imports-no-other-feature',
      severity: 'error',
      from: { path: `${site}features/([^/]+)/` },
      to: { path: `${site}features/`, pathNot: `${site}features/$1/` },
    },
    {
      name: 'site-admin-page-imports-no-other-page',
      comment: 'Pages of the clinic share the files of features/admin itself, not those of another page.',
      severity: 'error',
      from: { path: `${site}features/admin/([^/]+)/` },
      to: { path: `${site}features/admin/[^/]+/`, pathNot: `${site}features/admin/$1/` },
    },
    {
      name: 'site-ui-knows-no-business',
      comment: 'Of lib, ui needs what shows text, time and errors; it makes no requests.',
      severity: 'error',
      from: { path: `${site}ui/`, pathNot: test },
      to: {
        path: `${site}lib/`,
        pathNot: `${site}lib/(api-error|format|local-time|problem-message|live/live-feed)\\.ts$`,
      },
    },
    {
      name: 'workspaces-import-each-other-by-name',
      comment: 'A package.json declares what a workspace needs, and its exports what others may use.',
      severity: 'error',
      from: { path: '^(packages/[^/]+|bench)/' },
      to: {
        path: '^(packages|bench)/',
        pathNot: '^$1/',
        dependencyTypes: ['local'],
        dependencyTypesNot: ['aliased-workspace'],
      },
    },
    {
      name: 'testkit-is-for-tests',
      severity: 'error',
      from: { path: '^(packages|bench|tools)/', pathNot: [...test, '^packages/testkit/'] },
      to: { path: '^packages/testkit/' },
    },
    {
      name: 'no-test-is-imported',
      severity: 'error',
      from: { pathNot: test },
      to: { path: test },
    },
    {
      name: 'no-cycle',
      severity: 'error',
      from: { pathNot: ['^packages/contract/src/client/generated/', '^packages/server/src/accounts/'] },
      to: { circular: true },
    },
    {
      name: 'no-cycle-of-accounts',
      comment: 'Cycles of types only are allowed: the type of better-auth is that of its composed plugins.',
      severity: 'error',
      from: { path: '^packages/server/src/accounts/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-orphan',
      comment: 'A file that neither imports anything nor is imported is dead code.',
      severity: 'error',
      from: {
        orphan: true,
        pathNot: [
          ...test,
          '(^|/)(main|worker|generate)\\.ts$',
          '\\.d\\.ts$',
          '^tools/',
          '^bench/',
          '^packages/web/help/assets/',
        ],
      },
      to: {},
    },
    {
      name: 'nothing-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'engine-knows-no-http',
      severity: 'error',
      from: { path: '^packages/engine/', pathNot: test },
      to: { path: ['node_modules/(fastify|@fastify|better-auth)/', '^(node:)?https?$'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: {
      // The example of the client's package imports it by the name under which others install it.
      path: [
        '^packages/contract/src/client/generated/',
        '^packages/contract/(client-package|dist)/',
        '^packages/web/dist',
      ],
    },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.mts', '.mjs', '.js', '.json'],
    },
    builtInModules: { add: ['node:sqlite'] },
  },
}
