// The import directions of ARCHITECTURE.md, "Code map". tools/dependency-rules.test.ts plants a violation of each rule
// and expects it to be reported, because a cruiser that finds no modules reports no violations either.

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
} from './tools/import-directions.mjs'

/** @param {string} name */
const folderOf = (name) => `^${workspacePath(name)}/`

/** Tests, and what they share (`packages/server/test`). */
const test = ['\\.test\\.tsx?$', '^packages/[^/]+/(test|browser-tests)/', '^packages/web/(mail-)?screenshots\\.ts$']

const directions = Object.entries(workspaces).map(([name, targets]) => ({
  name: importsOnly(name, targets),
  severity: 'error',
  from: { path: folderOf(name), pathNot: test },
  to: { path: '^(packages|bench|drills)/', pathNot: [name, ...targets].map(folderOf) },
}))

/** @param {string[]} names */
const engineFolder = (...names) => `^packages/engine/src/(${names.join('|')})/`

const engineDirections = [
  { from: 'model', to: [] },
  { from: 'database', to: ['model'] },
  ...Object.entries(engineFolders).map(([from, targets]) => ({ from, to: [...engineBase, ...targets] })),
].map(({ from, to }) => ({
  name: importsOnly(`engine-${from}`, to),
  severity: 'error',
  from: { path: engineFolder(from), pathNot: test },
  to: { path: '^packages/engine/src/', pathNot: engineFolder(from, ...to) },
}))

const serverFoldersBelowCompose = Object.keys(serverFolders)

/** @param {string[]} names */
const serverFolder = (...names) => `^packages/server/src/(${names.join('|')})/`

const serverDirections = [
  ...Object.entries(serverFolders).map(([from, targets]) => ({ from, to: targets })),
  { from: 'compose', to: serverFoldersBelowCompose },
  { from: 'processes', to: ['compose', 'lifecycle', 'observe'] },
].map(({ from, to }) => ({
  name: importsOnly(`server-${from}`, to === serverFoldersBelowCompose ? ['folders'] : to),
  severity: 'error',
  from: { path: serverFolder(from), pathNot: test },
  to: { path: '^packages/server/src/', pathNot: serverFolder(from, ...to) },
}))

const site = '^packages/web/src/'

const siteDirections = Object.entries(siteFolders).map(([name, targets]) => ({
  name: importsOnly(`site-${name}`, targets),
  severity: 'error',
  from: { path: `${site}${name}/`, pathNot: test },
  to: {
    path: `${site}(${['app', ...Object.keys(siteFolders)].join('|')})/`,
    pathNot: `${site}(${[name, ...targets].join('|')})/`,
  },
}))

const groupDirections = Object.entries(groups).flatMap(([folder, parts]) =>
  Object.entries(parts).map(([from, targets]) => ({
    name: importsOnly(`${groupName(folder)}-${from}`, targets),
    severity: 'error',
    from: { path: `^packages/${folder}/${from}/`, pathNot: test },
    to: { path: `^packages/${folder}/[^/]+/`, pathNot: `^packages/${folder}/(${[from, ...targets].join('|')})/` },
  })),
)

const rest = '^packages/server/src/rest/'

/** The folders of the REST API that may not import the files of `rest/` either, but for a few. */
const { guards, responses, auth } = groups['server/src/rest']
const restLayers = { guards, responses, auth }
const restDirections = Object.entries(restLayers).map(([layer, below]) => ({
  name: `rest-${layer}-imports-no-other-layer`,
  severity: 'error',
  from: { path: `${rest}${layer}/`, pathNot: test },
  to: {
    path: rest,
    pathNot: [`${rest}(${[layer, ...below].join('|')})/`, `${rest}(rest-deps|sent-key|empty-body)\\.ts$`],
  },
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
    ...groupDirections,
    {
      name: 'group-has-a-rule',
      comment: 'A folder that groups does not list could import its neighbours.',
      severity: 'error',
      from: {
        path: `^packages/(${Object.keys(groups).join('|')})/[^/]+/`,
        pathNot: [
          ...test,
          ...Object.entries(groups).map(([of, all]) => `^packages/${of}/(${Object.keys(all).join('|')})/`),
        ],
      },
      to: {},
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
      comment: 'Pages of the clinic share features/admin/shared and the files beside it, not those of another page.',
      severity: 'error',
      from: { path: `${site}features/admin/([^/]+)/` },
      to: { path: `${site}features/admin/[^/]+/`, pathNot: `${site}features/admin/($1|shared)/` },
    },
    {
      name: 'site-ui-knows-no-business',
      comment:
        'Of lib, ui needs what shows and reads text, time and errors, and whether the page is left. It makes no ' +
        'requests.',
      severity: 'error',
      from: { path: `${site}ui/`, pathNot: test },
      to: {
        path: `${site}lib/`,
        pathNot:
          `${site}lib/(api/(api-error|problem-message)|i18n/format|is-leaving|live/live-feed|` +
          'time/(local-time|typed-date|typed-time))',
      },
    },
    {
      name: 'workspaces-import-each-other-by-name',
      comment: 'A package.json declares what a workspace needs, and its exports what others may use.',
      severity: 'error',
      from: { path: '^(packages/[^/]+|bench|drills)/' },
      to: {
        path: '^(packages|bench|drills)/',
        pathNot: '^$1/',
        dependencyTypes: ['local'],
        dependencyTypesNot: ['aliased-workspace'],
      },
    },
    {
      name: 'testkit-is-for-tests',
      severity: 'error',
      from: { path: '^(packages|tools)/', pathNot: [...test, '^packages/testkit/'] },
      to: { path: '^packages/testkit/' },
    },
    {
      name: 'no-test-is-imported',
      severity: 'error',
      from: { pathNot: [...test, '^drills/'] },
      to: { path: test },
    },
    {
      name: 'no-cycle',
      severity: 'error',
      from: { pathNot: '^packages/contract/src/client/generated/' },
      to: { circular: true },
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
