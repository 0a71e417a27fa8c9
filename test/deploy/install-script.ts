import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export const root = join(import.meta.dirname, '../..')
const [functions = ''] = readFileSync(join(root, 'deploy/debian/install.sh'), 'utf8').split('\nhost=$(remembered host)')

/** Runs a script with the functions of install.sh, on the files of a directory instead of those of the machine. */
export function run(directory: string, script: string) {
  const files = ['settings', 'units', 'state', 'backups', 'site', 'enabled_site']
  const own = `${files.map((name) => `${name}=${directory}/${name}`).join('\n')}\nmkdir -p $settings $units
options=$settings/install.conf pending=$settings/install.conf.pending\n`
  const { status, stdout, stderr } = spawnSync('sh', ['-c', `${functions}\n${own}release=${root}\n${script}`], {
    encoding: 'utf8',
  })
  return { status, out: stdout.trim(), err: stderr }
}

/** A directory that is removed when the test has finished. */
export function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'hf-install-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return directory
}
