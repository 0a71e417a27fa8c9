// `npm run complete`: runs `npm run check` and the tests that fail when a change is incomplete, and then says what
// failed and what is missing. CONTRIBUTING.md lists the files of each kind of change.
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startVitest } from 'vitest/node'
import { failedChecks } from './check.ts'
import { completenessTests, testFiles } from './completeness.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

const tests = completenessTests(testFiles(root))
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
