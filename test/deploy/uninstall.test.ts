// Drill: a whole installation
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bootMachine, type Machine, whyNoMachine } from './machine.ts'

const script = join(import.meta.dirname, '../../deploy/debian/install.sh')
const reason = whyNoMachine()
if (reason !== null) console.warn(`Uninstalling is not tested here: ${reason}`)

const timers = ['holdfast-backup.timer', 'holdfast-erasures.timer', 'pgbackrest-holdfast-full.timer']
const services = ['holdfast-server', 'holdfast-worker', 'holdfast-backup', 'holdfast-erasures']

/** Units of an installation whose programs do nothing but run: a service, or a backup that takes long. */
const install = `
set -eu
mkdir -p /opt/holdfast/current /etc/systemd/system
printf '#!/bin/sh\\nexec sleep 1000\\n' >/opt/holdfast/current/program
chmod +x /opt/holdfast/current/program
cd /etc/systemd/system
for service in ${services.join(' ')}; do
  case $service in holdfast-server | holdfast-worker) type=exec ;; *) type=oneshot ;; esac
  printf '[Service]\\nType=%s\\nExecStart=/opt/holdfast/current/program\\n' $type >$service.service
done
for service in holdfast-server holdfast-worker; do
  printf '[Install]\\nWantedBy=multi-user.target\\n' >>$service.service
done
printf '[Service]\\nType=oneshot\\nExecStart=/bin/true\\n' >pgbackrest-holdfast-full.service
for timer in ${timers.join(' ')}; do
  printf '[Timer]\\nOnCalendar=*-*-* *:*:00/5\\n[Install]\\nWantedBy=timers.target\\n' >$timer
done
systemctl daemon-reload
systemctl enable -q --now ${timers.join(' ')} holdfast-server holdfast-worker
systemctl start --no-block holdfast-backup holdfast-erasures
until [ "$(pgrep -fc '^sleep 1000')" = ${services.length} ]; do sleep 0.05; done
`

describe.runIf(reason === null)('uninstalling', () => {
  let mounted: string
  let machine: Machine

  beforeEach(async () => {
    mounted = await mkdtemp(join(tmpdir(), 'holdfast-uninstall-'))
    await mkdir(join(mounted, 'deploy/debian'), { recursive: true })
    await cp(script, join(mounted, 'deploy/debian/install.sh'))
    machine = await bootMachine(mounted)
    await machine.succeed(install)
  })
  afterEach(async () => {
    await machine.stop()
    await rm(mounted, { recursive: true, force: true })
  })

  const uninstall = () => machine.run('sh /mnt/release/deploy/debian/install.sh uninstall')
  const running = async () => (await machine.run("pgrep -fa '^sleep 1000' | wc -l")).out.trim()
  const active = async () =>
    (await machine.run(`systemctl is-active ${timers.join(' ')} ${services.join(' ')}`)).out.trim().split('\n')

  test('stops the timers, the services and running backups, and leaves pgBackRest to the operator', async () => {
    expect(await running()).toBe(String(services.length))
    const { code, out } = await uninstall()
    expect([code, out]).toEqual([0, expect.stringContaining('Holdfast is removed.')])
    expect(await running()).toBe('0')
    expect(await active()).toEqual(['inactive', 'inactive', 'active', ...services.map(() => 'inactive')])
    expect((await machine.run('ls /etc/systemd/system /etc/systemd/system/*.wants')).out).not.toMatch(/^holdfast/m)

    const [, stop = ''] = /a timer of pgBackRest +(.*)/.exec(out) ?? []
    await machine.succeed(stop)
    expect((await active())[2]).toBe('inactive')
    expect(await uninstall()).toMatchObject({ code: 0, out: expect.not.stringContaining('pgBackRest') })
  })

  test('removes nothing if something can’t be stopped, and says what', async () => {
    await machine.succeed('mv /usr/bin/systemctl /usr/bin/systemctl.real')
    await machine.succeed(
      `printf '#!/bin/sh\\n[ "$*" != "stop holdfast-backup.service" ] || exit 1\\nexec systemctl.real "$@"\\n' ` +
        '>/usr/bin/systemctl && chmod +x /usr/bin/systemctl',
    )
    const { code, out } = await uninstall()
    expect([code, out]).toEqual([
      1,
      'install.sh: holdfast-backup.service could not be stopped, see above. Nothing was removed.\n',
    ])
    await machine.succeed('ls /opt/holdfast/current/program /etc/systemd/system/holdfast-backup.service')
  })

  test('waits for no other install.sh, and removes nothing under it', async () => {
    const { code, out } = await machine.run(
      'flock /run/holdfast-install.lock sh /mnt/release/deploy/debian/install.sh uninstall',
    )
    expect([code, out]).toEqual([1, 'install.sh: another install.sh is running. Wait until it has ended.\n'])
    expect(await running()).toBe(String(services.length))
    await machine.succeed('ls /opt/holdfast/current/program /etc/systemd/system/holdfast-server.service')
  })

  test('negative control: without the stop, a backup runs on after its program was removed', async () => {
    const text = await readFile(script, 'utf8')
    const planted = text.replace('if has_systemd; then stop_services; fi', '')
    expect(planted).not.toBe(text)
    await writeFile(join(mounted, 'deploy/debian/install.sh'), planted)
    expect(await uninstall()).toMatchObject({ code: 0 })
    expect(await running()).toBe(String(services.length))
  })
})
