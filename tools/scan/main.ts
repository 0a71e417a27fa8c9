// `npm run scan`: looks for secrets in the files that git knows, for packages with an unknown licence or an install
// script that nobody allowed, and for known vulnerabilities of the packages. A vulnerability fails it only with
// --release: it becomes known on some day, whatever was changed on that day. Patterns that take too long are looked for
// by a test (patterns.test.ts).
import { execFile, execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type LockedPackage, packageFindings } from './packages.ts'
import { secretsIn } from './secrets.ts'
import { vulnerabilitiesOf } from './vulnerabilities.ts'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const textBytesMax = 2_000_000

const { values: options } = parseArgs({ options: { release: { type: 'boolean', default: false } } })

const read = (path: string) => readFileSync(join(root, path))
const json = <Value>(path: string) => JSON.parse(read(path).toString()) as Value

async function findSecrets(): Promise<string[]> {
  const paths = execFileSync('git', ['ls-files', '-z'], { cwd: root }).toString().split('\0')
  const findings: string[] = []
  for (const path of paths.filter((one) => one !== '')) {
    const bytes = read(path)
    if (bytes.length > textBytesMax || bytes.includes(0)) continue
    findings.push(...(await secretsIn(path, bytes.toString())))
  }
  return findings
}

/** Without the packages that only development uses: nothing of theirs is in a release. */
function audit(): Promise<string> {
  return new Promise((resolve) => {
    const prompt = ['--fetch-retries=0', '--fetch-timeout=20000', '--loglevel=silent']
    const args = ['audit', '--json', '--omit=dev', '--package-lock-only', ...prompt]
    // It fails if it finds something, and if the registry does not answer: its output says which.
    execFile('npm', args, { cwd: root, maxBuffer: 1 << 28 }, (_error, stdout) => resolve(stdout))
  })
}

const { packages } = json<{ packages: Record<string, LockedPackage> }>('package-lock.json')
const { allowScripts } = json<{ allowScripts: Record<string, boolean> }>('package.json')
const { findings: vulnerabilities, notChecked } = vulnerabilitiesOf(await audit())
const findings = [...(await findSecrets()), ...packageFindings(packages, allowScripts)]
for (const finding of [...findings, ...vulnerabilities]) process.stderr.write(`${finding}\n`)
if (notChecked !== null) process.stderr.write(`Known vulnerabilities were not looked for: ${notChecked}\n`)
process.stdout.write(`${Object.keys(packages).length} packages and the files of git: ${findings.length} findings`)
process.stdout.write(`, ${vulnerabilities.length} known vulnerabilities.\n`)
const isRefused = options.release && (vulnerabilities.length > 0 || notChecked !== null)
process.exitCode = findings.length > 0 || isRefused ? 1 : 0
