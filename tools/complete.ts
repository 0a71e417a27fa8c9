// `npm run complete`: runs `npm run check` and the tests that fail when a change is incomplete, and then says what
// failed and what is missing. CONTRIBUTING.md lists the files of each kind of change.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startVitest } from 'vitest/node'
import { failedChecks } from './check.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Each test with what its failure means. */
const tests: Record<string, string> = {
  'packages/contract/src/generated.test.ts': 'openapi.json or the client is not generated: run `npm run contract`',
  'packages/contract/src/openapi.test.ts': 'an operation of the contract is not described completely',
  'packages/server/src/rest/served-operations.test.ts': 'an operation of the contract has no route',
  'packages/server/src/rest/guards/access.test.ts':
    "a route does not enforce its declared access, or this test does not list the operation's callers",
  'packages/server/src/rest/audited-writes.test.ts':
    'the security log lacks a write, or packages/server/test/audited-writes.ts says otherwise',
  'packages/server/src/rest/limit-writes.test.ts':
    'a write is not within the limit of its clinic, and this test does not list it',
  'packages/server/src/rest/clinic-of-request.test.ts':
    'clinic-of-request.ts does not say of which clinic a request is',
  'packages/web/src/features/admin/audit/denied-area.test.ts':
    'the security log of the site has no name for a denied operation',
  'packages/engine/src/committed-writes.test.ts': 'a write is not announced, or has no case in this test',
  'packages/engine/src/migrate/sql-files.test.ts': 'an SQL file breaks the rules for its name',
  'packages/engine/src/catalogue/function-headers.test.ts':
    'an SQL function lacks a part of its header, or its line in sql/grants.sql',
  'packages/engine/src/catalogue/grants.test.ts': 'sql/grants.sql grants more or less than this test lists',
  'packages/engine/src/catalogue/clinic-no-rule.test.ts':
    'a table or an index does not begin with clinic_no, a table has no kind, or a function has no fixed search_path',
  'packages/engine/src/catalogue/schema-snapshot.test.ts':
    'schema.snapshot.sql is out of date: run `npm run snapshot --workspace packages/engine`',
  'packages/server/src/config/config.test.ts': 'a setting is not read, checked or described completely',
  'packages/server/src/config/settings-docs.test.ts':
    'docs/configuration.md lacks a setting: run `npm run settings-docs`',
  'packages/web/src/locales/catalogues.test.ts': 'a text of the site is missing in one of its languages, or not used',
  'packages/web/help/build-help.test.ts': 'a page of the help is out of date: run `npm run problem-docs`',
  'tools/markdown-links.test.ts': 'a link in a page leads nowhere',
}

const gone = Object.keys(tests).filter((path) => !existsSync(join(root, path)))
if (gone.length > 0) throw new Error(`tools/complete.ts names tests that do not exist: ${gone.join(', ')}`)

const checks = await failedChecks()
const vitest = await startVitest('test', Object.keys(tests), { root, watch: false, reporters: ['default'] })
const failed = vitest.state.getTestModules().filter((module) => !module.ok())
await vitest.close()
if (checks.length > 0 || failed.length > 0) {
  process.stderr.write('\nThe change is not complete:\n')
  for (const name of checks) process.stderr.write(`  npm run ${name} fails\n`)
  for (const { relativeModuleId } of failed) {
    process.stderr.write(`  ${tests[relativeModuleId] ?? 'see above'}\n    (${relativeModuleId})\n`)
  }
  process.exitCode = 1
}
