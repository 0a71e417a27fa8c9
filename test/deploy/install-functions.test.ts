import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const [functions = ''] = readFileSync(join(root, 'deploy/debian/install.sh'), 'utf8').split('\nhost=$(remembered host)')

/** Runs a script with the functions of install.sh, on the files of a directory instead of those of the machine. */
function run(directory: string, script: string) {
  const files = ['settings', 'units', 'state', 'backups', 'site', 'enabled_site']
  const own = `${files.map((name) => `${name}=${directory}/${name}`).join('\n')}\nmkdir -p $settings $units\n`
  const { status, stdout, stderr } = spawnSync('sh', ['-c', `${functions}\n${own}release=${root}\n${script}`], {
    encoding: 'utf8',
  })
  return { status, out: stdout.trim(), err: stderr }
}

function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'hf-install-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return directory
}

test.each([
  ['HOLDFAST_DATA=/srv/data', '/srv/data'],
  [`HOLDFAST_DATA='/srv/two words'`, '/srv/two words'],
  ['HOLDFAST_DATA="/srv/data"', '/srv/data'],
  ['HOLDFAST_DATA=/old\nHOLDFAST_DATA="/srv/data" ', '/srv/data'],
])('install.sh reads the setting %s as the service does', (line, value) => {
  const directory = scratch()
  const found = run(directory, `cat >$settings/holdfast.env <<'END'\n${line}\nEND\nsetting_of HOLDFAST_DATA`)
  expect(found).toMatchObject({ status: 0, out: value })
})

test('a site that nginx refuses does not stay', () => {
  const directory = scratch()
  const write = 'chown() { :; }; nginx() { return 1; }; host=x certificate=c key=k port=3000; write_nginx'
  expect(run(directory, write)).toMatchObject({ status: 1, err: expect.stringContaining('nginx refuses') })
  expect(run(directory, 'ls -a $site $enabled_site')).toMatchObject({ out: '' })
  writeFileSync(join(directory, 'site'), 'the former one')
  expect(run(directory, write).status).toBe(1)
  expect(readFileSync(join(directory, 'site'), 'utf8')).toBe('the former one')
})

test('the services may write to the place of backups, and to no former one', () => {
  const directory = scratch()
  const write = (place: string) =>
    run(
      directory,
      `chown() { :; }; mkdir -p $units/holdfast-.service.d $state
       printf '#!/bin/sh\necho srv-backups.mount\n' >$state/systemd-escape; chmod 755 $state/systemd-escape
       PATH=$state:$PATH; echo 'HOLDFAST_BACKUP_TO="${place}"' >$settings/holdfast.env; write_place_of_backups
       cat $units/holdfast-.service.d/backups.conf`,
    )
  const written = write('/srv/backups')
  expect(written.out).toContain('ReadWritePaths="-/srv/backups"')
  expect(written.out).toContain('After=srv-backups.mount')
  expect(write('s3://bucket/prefix').err).toContain('No such file')
  expect(write(`${directory}/backups`).err).toContain('No such file')
})

/** Changes the name from old.example.org to new.example.org, after `prepare`. */
function changeHost(directory: string, prepare = '') {
  return run(
    directory,
    `settings=${directory}/settings; former_host=old.example.org host=old.example.org restart=no
     certificate=$settings/tls/certificate.pem key=$settings/tls/key.pem
     chown() { :; }; install() { mkdir -p "$8"; }; nginx() { :; }; stat() { echo 0700 root:root; }
     mkdir -p $settings/tls; echo HOLDFAST_URL=https://old.example.org >$settings/holdfast.env; self_signed_certificate
     ${prepare}
     host=new.example.org; check_new_host; change_host; self_signed_certificate
     cat $settings/holdfast.env; echo restart=$restart
     openssl x509 -in $certificate -noout -ext subjectAltName`,
  )
}

test('another name of the machine changes the address of the site and the self-signed certificate', () => {
  const changed = changeHost(scratch())
  expect(changed).toMatchObject({ status: 0, err: '' })
  expect(changed.out).toMatch(/HOLDFAST_URL=https:\/\/new\.example\.org\nrestart=yes\n.*\n *DNS:new\.example\.org$/s)
  expect(changed.out).toContain('Passkeys of old.example.org no longer work')
})

test('another name leaves an address alone that was not the former one, and the same name changes nothing', () => {
  const other = 'echo HOLDFAST_URL=https://www.example.org >$settings/holdfast.env'
  expect(changeHost(scratch(), other).out).toContain('HOLDFAST_URL=https://www.example.org\n')
  const kept = changeHost(scratch(), 'former_host=new.example.org').out
  expect(kept).toContain('DNS:old.example.org')
  expect(kept).toContain('HOLDFAST_URL=https://old.example.org\nrestart=no')
})

test('another name is refused, and nothing is changed, without a certificate of it', () => {
  const directory = scratch()
  const given = `certificate=${directory}/given.pem; cp $settings/tls/certificate.pem $certificate`
  const refused = changeHost(directory, given)
  expect(refused).toMatchObject({ status: 1, err: expect.stringContaining('given.pem is not of new.example.org') })
  expect(run(directory, 'cat $settings/holdfast.env').out).toBe('HOLDFAST_URL=https://old.example.org')
})

test('the first password is written again after the database was removed', () => {
  const directory = scratch()
  const create = `touch $settings/holdfast.env $settings/administrator-created; echo old >$settings/first-password
    data=$state/data; create_administrator; cat $settings/first-password`
  expect(run(directory, create)).toMatchObject({ status: 1, out: expect.not.stringContaining('old') })
  expect(run(directory, `mkdir -p $state/data; ${create}`)).toMatchObject({ status: 0, out: 'old' })
})
