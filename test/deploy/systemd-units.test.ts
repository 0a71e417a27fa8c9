import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installDebianPackages } from '@holdfast/testkit/debian-packages'
import { describe, expect, onTestFinished, test } from 'vitest'
import { hasProgram } from './machine.ts'

const folders = ['systemd', 'pgbackrest'].map((name) => join(import.meta.dirname, '../../deploy', name))
const canAnalyze = hasProgram('systemd-analyze') || installDebianPackages('systemd')
if (!canAnalyze) console.warn('The units of deploy/ are not checked: systemd-analyze is missing.')

function analyze(args: string[], cwd = '/') {
  const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { cwd, encoding: 'utf8' })
  return { status, out: stdout, err: stderr }
}

/** All units of deploy/ in one directory, with a program that is there. @returns what systemd says of them */
function verify(change: (name: string, text: string) => string) {
  const directory = mkdtempSync(join(tmpdir(), 'hf-units-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  for (const folder of folders) cpSync(folder, directory, { recursive: true })
  const names = readdirSync(directory).filter((name) => /\.(service|timer)$/.test(name))
  for (const name of names) {
    const text = readFileSync(join(directory, name), 'utf8').replace(/^ExecStart=\S+/m, 'ExecStart=/bin/true')
    writeFileSync(join(directory, name), change(name, text))
  }
  const units = names.map((name) => `./${name.replace('@.', '@full.')}`)
  return { units, ...analyze(['verify', '--man=no', ...units], directory) }
}

/** When a timer starts its service, from a Monday morning on. */
function starts(path: string, count: number): string[] {
  const [, calendar = ''] = /^OnCalendar=(.*)$/m.exec(readFileSync(path, 'utf8')) ?? []
  const from = '--base-time=2027-03-01 10:02:00 UTC'
  const { out } = analyze(['calendar', `--iterations=${count}`, from, `${calendar} UTC`])
  return [...out.matchAll(/(?:Next elapse|Iter\. #\d+): (.*) UTC$/gm)].map(([, at = '']) => at)
}

describe.runIf(canAnalyze)('the units of deploy/', () => {
  test('systemd finds nothing wrong with them, and does find a planted mistake', () => {
    const checked = verify((_, text) => text)
    expect(checked.units).toHaveLength(9)
    expect(checked).toMatchObject({ status: 0, out: '', err: '' })
    const planted = verify((name, text) => (name.includes('full') ? text.replace('OnCalendar', 'OnCalender') : text))
    expect(planted).toMatchObject({ status: 1, err: expect.stringContaining("Unknown key 'OnCalender'") })
  })

  test('the timers start what docs/operations says, when it says', () => {
    const [systemd = '', pgbackrest = ''] = folders
    const nightly = ['Tue 2027-03-02 02:30:00', 'Wed 2027-03-03 02:30:00']
    expect(starts(join(systemd, 'holdfast-backup.timer'), 2)).toEqual(nightly)
    const weekly = ['Sun 2027-03-07 01:45:00', 'Sun 2027-03-14 01:45:00']
    expect(starts(join(pgbackrest, 'pgbackrest-holdfast-full.timer'), 2)).toEqual(weekly)
    const hourly = ['Mon 2027-03-01 10:15:00', 'Mon 2027-03-01 11:15:00', 'Mon 2027-03-01 12:15:00']
    expect(starts(join(pgbackrest, 'pgbackrest-holdfast-incr.timer'), 3)).toEqual(hourly)
    const often = ['Mon 2027-03-01 10:05:00', 'Mon 2027-03-01 10:10:00']
    expect(starts(join(pgbackrest, 'holdfast-erasures.timer'), 2)).toEqual(often)
  })
})
