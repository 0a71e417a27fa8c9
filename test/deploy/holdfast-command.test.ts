import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { installCommand } from './installed-command.ts'

/** Runs the installed command as root, with a program that prints its settings and where it runs. */
function run({ env = {}, mayEnter = true }: { env?: Record<string, string>; mayEnter?: boolean }) {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'hf-command-')))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const here = join(directory, 'here')
  mkdirSync(here)
  const settings = `HOLDFAST_BACKUP_TO=/srv/backups\nHOLDFAST_BACKUP_PASSPHRASE='two words'\nPORT=3000\n`
  const program = 'echo "$HOLDFAST_BACKUP_TO|$HOLDFAST_BACKUP_PASSPHRASE|$PORT|$*"; pwd'
  const programs = installCommand(directory, { settings, program, mayEnter })
  const { stdout, stderr } = spawnSync(join(programs, 'holdfast'), ['restore', '--to', '2027-03-01 10:15:00Z'], {
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
