// Nightly: each place that uninstalling lists
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run, scratch } from './install-script.ts'

/** What uninstall lists of an installation whose settings are `lines`, with directories beside it. */
function remains(directory: string, lines: string[], directories: string[], backup = ''): string[] {
  for (const path of directories) mkdirSync(join(directory, path), { recursive: true })
  mkdirSync(join(directory, 'settings'), { recursive: true })
  writeFileSync(join(directory, 'settings/holdfast.env'), `${lines.join('\n')}\n`)
  writeFileSync(join(directory, 'settings/backup.env'), `${backup}\n`)
  const listed = run(directory, 'getent() { return 1; }; upgrade=$settings/upgrade.conf; list_what_remains')
  expect(listed).toMatchObject({ status: 0, err: '' })
  const [, ...rows] = listed.out.replaceAll(directory, '').split('\n')
  return rows.slice(0, -1).map((row) => row.trim().replaceAll(/ {2,}/g, ': '))
}

test('an uninstallation lists the database, its copies and the backups where the settings have them', () => {
  const directory = scratch()
  const lines = [
    `HOLDFAST_DATA=${directory}/srv/data`,
    `HOLDFAST_SECRET_FILE=${directory}/state/secret`,
    `HOLDFAST_BACKUP_TO='${directory}/srv/two words'`,
  ]
  const left = ['srv/data.before-upgrade.1', 'state/data.failed-upgrade.2']
  const places = ['srv/data', 'srv/two words', 'srv/second', 'srv/former', 'state', 'backups']
  const second = `HOLDFAST_BACKUP_TO="${directory}/srv/second"\n#HOLDFAST_BACKUP_TO=${directory}/srv/former`
  expect(remains(directory, lines, [...left, ...places], second)).toEqual([
    'a copy of the database: rm -r /state/data.failed-upgrade.2',
    'a copy of the database: rm -r /srv/data.before-upgrade.1',
    "backups: rm -r '/srv/two words'",
    'backups: rm -r /srv/second',
    'backups: rm -r /srv/former',
    'backups: rm -r /backups',
    'the database: rm -r /srv/data',
    'the secret: rm -r /state',
    'settings, certificate: rm -r /settings',
  ])
})

test.each([
  ['postgres://u:secret-word@db.example.org:5432/clinic?sslmode=require', 'clinic on db.example.org:5432'],
  ['postgresql://u@db/clinic?password=secret-word@x', 'clinic on db'],
  ['postgres://u:secret-word?/@db/clinic', 'that of DATABASE_URL'],
  ['postgres://u:x@secret-word@db/clinic', 'that of DATABASE_URL'],
  ['host=db password=secret-word', 'that of DATABASE_URL'],
])('an uninstallation lists the database of %s without a password', (url, name) => {
  const directory = scratch()
  const listed = remains(directory, [`DATABASE_URL='${url}'`, 'HOLDFAST_BACKUP_TO=s3://bucket/prefix'], ['state'])
  expect(listed).toEqual([
    'backups: delete them in s3://bucket/prefix',
    `the database: drop ${name}, and its roles, as docs/operations/uninstall.md says`,
    'the secret: rm -r /state',
    'settings, certificate: rm -r /settings',
  ])
})
