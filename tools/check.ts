// `npm run check`: the checks that run no tests. All of them run, whichever fail.
import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import pMap from 'p-map'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Scripts of package.json, the longest ones first. */
const checks = ['typecheck', 'lint', 'rules', 'typecheck:web', 'unused', 'typecheck:service-worker', 'line-width']

/** Runs every check, as many at a time as there are processors. @returns the names of those that failed */
export async function failedChecks(): Promise<string[]> {
  process.stdout.write(`Checking, which takes minutes: ${checks.join(', ')}\n`)
  const passed = await pMap(checks, passes, { concurrency: availableParallelism() })
  return checks.filter((_, index) => !passed[index])
}

/** Prints the output of a check once it has ended, so that it does not mix with that of another. */
function passes(name: string): Promise<boolean> {
  const colors = process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}
  const options = { cwd: root, env: { ...process.env, ...colors }, maxBuffer: 1 << 28 }
  return new Promise((resolve) => {
    execFile('npm', ['run', name], options, (error, stdout, stderr) => {
      process.stdout.write(stdout)
      process.stderr.write(stderr)
      // A check that was not run to its end, such as without npm or memory, has said nothing.
      if (error !== null && typeof error.code !== 'number') process.stderr.write(`${error.message}\n`)
      resolve(error === null)
    })
  })
}

if (import.meta.main) {
  const failed = await failedChecks()
  if (failed.length > 0) {
    process.stderr.write(`\nFailed: ${failed.map((name) => `npm run ${name}`).join(', ')}\n`)
    process.exitCode = 1
  }
}
