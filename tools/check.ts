// `npm run check`: the checks that run no tests. All of them run, whichever fail.
import { spawnSync } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Scripts of package.json. */
const checks = ['lint', 'line-width', 'typecheck', 'typecheck:web', 'typecheck:service-worker', 'rules', 'unused']

/** Runs every check. @returns the names of those that failed */
export function failedChecks(): string[] {
  return checks.filter((name) => spawnSync('npm', ['run', name], { cwd: root, stdio: 'inherit' }).status !== 0)
}

if (import.meta.main) {
  const failed = failedChecks()
  if (failed.length > 0) {
    process.stderr.write(`\nFailed: ${failed.map((name) => `npm run ${name}`).join(', ')}\n`)
    process.exitCode = 1
  }
}
