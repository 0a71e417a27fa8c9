import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { installDebianPackages } from '@holdfast/testkit/debian-packages'
import { expect, test } from 'vitest'
import { hasProgram } from './machine.ts'

const root = join(import.meta.dirname, '../..')
const scripts = [
  'deploy/debian/install.sh',
  'deploy/debian/holdfast',
  'deploy/container/healthy',
  'deploy/container/create-database.sh',
  'deploy/cluster/fill',
  'deploy/cluster/certificates',
  'deploy/nginx/share',
  'deploy/nginx/canary',
]

function shellcheck(args: string[], input = '') {
  return spawnSync('shellcheck', ['--shell=sh', ...args], { cwd: root, input, encoding: 'utf8' })
}

const isInstalled = hasProgram('shellcheck') || installDebianPackages('shellcheck')
if (!isInstalled) console.warn("Debian's package shellcheck is missing: the scripts of deploy/ are not checked.")

test.runIf(isInstalled)('shellcheck finds nothing in scripts of deploy/, and does find an unquoted variable', () => {
  expect(shellcheck([...scripts, 'test/deploy/boot-machine.sh']).stdout).toBe('')
  expect(shellcheck(['-'], 'file=$1\nrm $file\n').stdout).toContain('SC2086')
})
