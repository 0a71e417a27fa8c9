import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

const script = readFileSync(join(import.meta.dirname, '../../deploy/debian/holdfast'), 'utf8')

/** Runs the installed command as root, with a program that prints its settings and where it runs. */
function run({ env = {}, mayEnter = true }: { env?: Record<string, string>; mayEnter?: boolean }) {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'hf-command-')))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const [programs, state, here] = ['programs', 'state', 'here'].map((name) => join(directory, name))
  for (const path of [programs, state, here]) mkdirSync(path ?? '')
  const settings = join(directory, 'holdfast.env')
  writeFileSync(settings, `HOLDFAST_BACKUP_TO=/srv/backups\nHOLDFAST_BACKUP_PASSPHRASE='two words'\nPORT=3000\n`)
  const write = (name: string, text: string) => {
    writeFileSync(join(programs ?? '', name), `#!/bin/sh\n${text}\n`)
    chmodSync(join(programs ?? '', name), 0o755)
  }
  write('holdfast', 'echo "$HOLDFAST_BACKUP_TO|$HOLDFAST_BACKUP_PASSPHRASE|$PORT|$*"; pwd')
  write('id', 'echo 0')
  // It would change the user: whether that user may enter a directory is decided here.
  write('setpriv', `shift 3; case "$*" in *" test -x .") ${mayEnter ? 'exit 0' : 'exit 1'} ;; esac; exec "$@"`)
  const text = script
    .replace('/etc/holdfast/holdfast.env', settings)
    .replace('/opt/holdfast/current/bin/holdfast "$@"', `${programs}/holdfast "$@"`)
    .replace('cd /var/lib/holdfast', `cd ${state}`)
  const { stdout, stderr } = spawnSync('sh', ['-c', text, 'holdfast', 'restore', '--to', '2027-03-01 10:15:00Z'], {
    cwd: here,
    env: { PATH: `${programs}:${process.env.PATH}`, ...env },
    encoding: 'utf8',
  })
  return { out: stdout.replaceAll(`${directory}/`, ''), err: stderr }
}

test('a command has the settings of the services, and its arguments as they are', () => {
  const out = '/srv/backups|two words|3000|restore --to 2027-03-01 10:15:00Z\nhere\n'
  expect(run({})).toEqual({ out, err: '' })
  // Only Holdfast's own: PORT may be for another program.
  expect(run({ env: { PORT: '1', holdfast_backup_to: 'x', 'HOLDFAST_X;Y': 'x' } })).toEqual({ out, err: '' })
})

test('a variable of the caller comes before the setting', () => {
  const env = { HOLDFAST_BACKUP_PASSPHRASE: `it's "$HOME"\nformer`, NOTE: 'one\nHOLDFAST_BACKUP_TO=/nowhere' }
  expect(run({ env }).out).toContain(`/srv/backups|it's "$HOME"\nformer|3000|`)
  expect(run({ env: { HOLDFAST_BACKUP_TO: '' } }).out).toMatch(/^\|two words/)
})

test('a command runs where it is called, or in the directory of the service if its user may not be there', () => {
  expect(run({}).out).toMatch(/\nhere\n$/)
  expect(run({ mayEnter: false }).out).toMatch(/\nstate\n$/)
})
