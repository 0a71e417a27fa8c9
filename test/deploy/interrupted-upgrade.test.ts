// Drill: upgrades that are interrupted
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

const script = join(import.meta.dirname, '../../deploy/debian/install.sh')
const [functions = ''] = readFileSync(script, 'utf8').split('\nhost=$(remembered host)')

/** What a run of the upgrade may do to the disk and to the services; the script is killed at one of them. */
const steps = ['systemctl', 'cp', 'mv', 'ln', 'rm']

/**
 * The machine: a directory instead of its files, and a systemctl whose units are files in run/. A server that starts
 * writes the name of its release into the data, as a migration would; release 1 does not start with data of release 2,
 * and release 3 starts with none. KILL_AT is the number of the step at which the script gets SIGNAL: before it, or
 * in the middle of a copy.
 */
const machine = `
settings=$D/settings units=$D/units programs=$D/opt state=$D/lib backups=$D/backups
upgrade=$settings/upgrade.conf data=$state/data release=$D/opt/$VERSION version=$VERSION
restart=no port=3000 ready_seconds_max=1
step() {
  count=$((count + 1))
  echo "$*" >>$D/steps
  [ "$count" != "\${KILL_AT:-0}" ] || { [ "$1" != cp ] || mkdir -p "$5"; kill "-$SIGNAL" $$; }
}
count=0
cp() { step cp "$@"; command cp "$@"; }
mv() { step mv "$@"; command mv "$@"; }
ln() { step ln "$@"; command ln "$@"; }
rm() { step rm "$@"; command rm "$@"; }
journalctl() { :; }
start_server() {
  touch $D/run/holdfast-server.service
  mkdir -p $data
  basename "$(readlink -f $programs/current)" >>$data/releases
}
systemctl() {
  verb=$1
  for unit; do :; done
  case $unit in *.service | *.timer) ;; *) unit=$unit.service ;; esac
  case $verb in
    is-active) if [ -e $D/run/$unit ]; then echo active; else echo inactive; return 3; fi ;;
    stop) step systemctl "$@"; command rm -f $D/run/$unit ;;
    start) step systemctl "$@"
      if [ $unit != holdfast-server.service ]; then touch $D/run/$unit
      elif [ ! -e $D/run/$unit ]; then start_server; fi ;;
  esac
}
add_release() {
  mkdir -p $release
  echo '  "version": "'$version'",' >$release/package.json
}
# Of the releases in the data, none is newer than the one that runs.
is_ready() {
  runs=$(basename "$(readlink -f $programs/current)")
  [ -e $D/run/holdfast-server.service ] && [ $runs != 3 ] && [ -e $data/bookings ] &&
    [ "$(sort -n $data/releases | tail -n 1)" -le $runs ]
}
wait_until_ready() { is_ready; }
`

/** The end of install.sh, without what is not part of the upgrade. */
const upgrade = `
trap on_exit EXIT
trap 'exit 143' TERM
finish_upgrade
add_release
data=$state/data
refuse_older
switch_release
`

const prepare = `
mkdir -p $settings $units $state/data $D/run
add_release
command ln -s $programs/1 $programs/current
for unit in holdfast-backup.timer holdfast-worker.service holdfast-server.service; do
  touch $units/$unit $D/run/$unit
done
touch $units/holdfast-erasures.timer $settings/holdfast.env $settings/administrator-created
printf 'one\\ntwo\\n' >$data/bookings
echo 1 >$data/releases
`

type Kill = { at?: number; with?: 'KILL' | 'TERM' }

function aMachine() {
  const directory = mkdtempSync(join(tmpdir(), 'hf-upgrade-'))
  const run = (command: string, version: string, kill: Kill = {}, source = functions) => {
    rmSync(join(directory, 'steps'), { force: true })
    const env = {
      PATH: process.env.PATH,
      D: directory,
      VERSION: version,
      KILL_AT: String(kill.at ?? 0),
      SIGNAL: kill.with ?? '',
    }
    const args = ['-c', `${source}\n${machine}\n${command}`]
    const { status, signal, stdout, stderr } = spawnSync('sh', args, { encoding: 'utf8', env })
    return { status, signal, out: stdout + stderr }
  }
  const steps = () => (existsSync(join(directory, 'steps')) ? readFileSync(join(directory, 'steps'), 'utf8') : '')
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  expect(run(prepare, '1')).toMatchObject({ status: 0, out: '' })
  return { directory, run, steps }
}

/** What is there when all is well: services, data, and nothing of the upgrade. */
const outcome = `
for unit in $(ls $D/run); do printf '%s ' $unit; done
is_ready && echo ready || echo not ready
basename $(readlink -f $programs/current)
cat $data/bookings
echo ---
cd $D && ls settings lib
`
const wellWith = (release: string, bookings = 'one\ntwo') =>
  `holdfast-backup.timer holdfast-server.service holdfast-worker.service ready\n${release}\n${bookings}\n`

/** The steps of an upgrade that nobody interrupts. */
function stepsOf(version: string): string[] {
  const { run, steps: done } = aMachine()
  run(upgrade, version)
  return done().trim().split('\n')
}

test('an upgrade that nobody interrupts ends with the new release; one that does not start, with the former', () => {
  for (const [version, release] of [
    ['2', '2'],
    ['3', '1'],
  ] as const) {
    const { run, steps: done } = aMachine()
    expect(run(upgrade, version).status).toBe(version === '2' ? 0 : 1)
    for (const step of steps) expect(done(), version).toContain(step)
    const found = run(outcome, version).out
    expect(found).toContain(wellWith(release))
    expect(found).not.toMatch(/before-upgrade|upgrade\.conf/)
    expect(found.match(/failed-upgrade/g)?.length ?? 0).toBe(version === '2' ? 0 : 1)
  }
})

/** A power failure: everything stops, and then the server and the timers start that are enabled. */
const reboot = `
command rm -f $D/run/*
touch $D/run/holdfast-backup.timer $D/run/holdfast-worker.service
start_server
! is_ready || echo three >>$data/bookings
`

/**
 * Interrupts an upgrade before each of its steps, each time on another machine, and runs the installation again.
 *
 * @returns the steps after which the services do not run, or the data are not all there
 */
function interrupt(
  version: string,
  signal: 'KILL' | 'TERM',
  meanwhile: string,
  next: string,
  second = upgrade,
): string[] {
  const failures: string[] = []
  for (const [index, step] of stepsOf(version).entries()) {
    const { run } = aMachine()
    expect(run(upgrade, version, { at: index + 1, with: signal }).status, step).not.toBe(0)
    if (signal === 'TERM') expect(run(outcome, version).out, step).toMatch(/^holdfast-backup\.timer /)
    expect(run(meanwhile, version)).toMatchObject({ status: 0 })
    const hasBooked = run('cat $data/bookings', version).out.includes('three')
    const { out } = run(second, next)
    const found = run(outcome, version).out
    const bookings = hasBooked ? 'one\ntwo\nthree' : 'one\ntwo'
    const [services, files = ''] = found.split('---\n')
    const isWell = ['1', '2'].some((release) => services === wellWith(release, bookings))
    if (!isWell || /before-upgrade|upgrade\.conf/.test(files)) failures.push(`${step}\n${out}${found}`)
  }
  return failures
}

test.each([
  ['2', 'KILL', 'is killed', 'true', '2'],
  ['2', 'KILL', 'is killed, and the machine starts again', reboot, '2'],
  ['2', 'KILL', 'is killed, and the machine starts again', reboot, '1'],
  ['2', 'TERM', 'is stopped', 'true', '2'],
  ['3', 'KILL', 'is killed', 'true', '3'],
  ['3', 'KILL', 'is killed, and the machine starts again', reboot, '3'],
  ['3', 'KILL', 'is killed, and the machine starts again', reboot, '1'],
  ['3', 'TERM', 'is stopped', 'true', '1'],
] as const)('an upgrade to release %s gets SIG%s at any step (%s): the next run finishes it', (...row) => {
  const [version, signal, , meanwhile, next] = row
  expect(interrupt(version, signal, meanwhile, next)).toEqual([])
})

test('negative control: a next run that does not finish it leaves Holdfast stopped, or loses data', () => {
  expect(interrupt('3', 'KILL', 'true', '1', upgrade.replace('finish_upgrade', ''))).not.toEqual([])
})

test('an interrupted upgrade says what the next run does, and keeps the copy of another one', () => {
  const { run } = aMachine()
  const copying = stepsOf('2').findIndex((step) => step.startsWith('cp')) + 1
  run('mkdir $data.before-upgrade; echo old >$data.before-upgrade/bookings', '2')
  run(upgrade, '2', { at: copying, with: 'KILL' })
  expect(run(outcome, '2').out).toContain('not ready')
  const { status, out } = run(upgrade, '2')
  expect([status, out]).toEqual([0, expect.stringContaining('from 1 to 2 was interrupted before the new release')])
  expect(out).toContain('Holdfast 2 runs')
  expect(run('cat $data.before-upgrade/bookings; ls $state', '2').out).toBe('old\ndata\ndata.before-upgrade\n')
})

/** With release 3, somebody books before it is found not to be ready. */
const served = `start_server() {
  touch $D/run/holdfast-server.service
  [ "$(basename "$(readlink -f $programs/current)")" != 3 ] || echo three >>$data/bookings
}`

test('what people booked with a release that is taken back stays, and is named', () => {
  const { run } = aMachine()
  const { status, out } = run(`${served}\n${upgrade}`, '3')
  expect(status).toBe(1)
  expect(out).toMatch(/\S+failed-upgrade\S+ has what a new release wrote before it was taken back/)
  expect(out).toContain('1 runs again, with the data as it was')
  expect(run('cat $data.failed-upgrade*/bookings', '3').out).toBe('one\ntwo\nthree\n')
  // Negative control: it is in no data that run.
  expect(run(outcome, '3').out).toContain(wellWith('1', 'one\ntwo'))
})

test('what the new release wrote stays, if the upgrade was interrupted when it had run', () => {
  const { run } = aMachine()
  const back = stepsOf('3').findIndex((step) => step.includes('failed-upgrade')) + 1
  run(upgrade, '3', { at: back, with: 'KILL' })
  const { status, out } = run(upgrade, '1')
  expect([status, out]).toEqual([1, expect.stringContaining('interrupted on the way back')])
  expect(out).toMatch(/\S+failed-upgrade\S+ has what a new release wrote/)
  expect(run('cat $data.failed-upgrade*/releases', '3').out).toBe('1\n3\n')
})
