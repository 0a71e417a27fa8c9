import { expect } from 'vitest'
import type { Machine } from './machine.ts'

/**
 * Kills the installation of a newer release when it has copied the database, with Holdfast stopped. The installed
 * release's next run starts it again.
 */
export async function interruptUpgrade(machine: Machine, newerInstaller: string, installer: string): Promise<void> {
  const sync = `case $1 in --file-system) kill -9 $PPID ;; *) exec /bin/sync "$@" ;; esac`
  await machine.succeed(`mkdir /tmp/kill && cat >/tmp/kill/sync <<'END'\n#!/bin/sh\n${sync}\nEND`)
  expect(await machine.run(`chmod +x /tmp/kill/sync && PATH=/tmp/kill:$PATH ${newerInstaller}`)).toMatchObject({
    code: 137,
  })
  expect((await machine.run('systemctl is-active holdfast-server holdfast-backup.timer')).out).toBe(
    'inactive\ninactive\n',
  )
  await machine.succeed('ls -d /var/lib/holdfast/*.before-upgrade.*')
  const finished = await machine.succeed(installer)
  expect(finished).toContain('was interrupted before the new release started: the one before runs again')
  expect((await machine.run('systemctl is-active holdfast-server holdfast-backup.timer')).out).toBe('active\nactive\n')
  expect(await machine.succeed('ls /var/lib/holdfast /etc/holdfast')).not.toContain('upgrade')
}
