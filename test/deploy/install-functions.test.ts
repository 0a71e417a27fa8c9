// Nightly: each step of the installation script
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { environmentFileText } from '../../packages/server/src/config/settings-docs.ts'
import { root, run, scratch } from './install-script.ts'

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

test.each([
  ['', 'yes', 'Restore a backup of 0.3.0 instead'],
  ['postgres://db/clinic', 'no', 'add --back'],
  ['postgres://db/clinic', 'yes', ''],
])('an older release, with DATABASE_URL=%s and --back: %s', (url, back, refusal) => {
  const found = run(
    scratch(),
    `current() { echo newer; }; version_of() { echo 0.4.0; }; version=0.3.0 back=${back}
     echo 'DATABASE_URL=${url}' >$settings/holdfast.env; refuse_older; echo installed`,
  )
  if (refusal === '') return expect(found).toMatchObject({ status: 0, out: 'installed' })
  expect(found).toMatchObject({ status: 1, err: expect.stringContaining(refusal) })
})

test('several servers of the site stay, with their shares, and a single one follows the port', () => {
  const directory = scratch()
  const write = (port: number) => {
    const prepare = 'chown() { :; }; nginx() { :; }; host=x certificate=c key=k'
    expect(run(directory, `${prepare} port=${port}; write_nginx`).status).toBe(0)
    const text = readFileSync(join(directory, 'site'), 'utf8')
    return [text, text.match(/^ *server \d.*$/gm)] as const
  }
  const [site] = write(3000)
  const [, moved] = write(3001)
  expect(moved).toEqual(['  server 127.0.0.1:3001;'])
  const several = ['  server 10.0.0.1:3000 max_fails=3 fail_timeout=5s weight=90;', '  server 10.0.0.2:3000 down;']
  writeFileSync(join(directory, 'site'), site.replace('  server 127.0.0.1:3000;', several.join('\n')))
  const [rewritten, kept] = write(3001)
  expect(kept).toEqual(several)
  expect(rewritten).toBe(site.replace('  server 127.0.0.1:3000;', several.join('\n')))
})

test('an upgrade keeps the servers of a site that was filled in from the example of a cluster', () => {
  const directory = scratch()
  const template = readFileSync(join(root, 'deploy/nginx/holdfast.conf.template'), 'utf8')
  const example = readFileSync(join(root, 'deploy/cluster/cluster.env.example'), 'utf8')
  const [, servers = ''] = example.match(/^HOLDFAST_SERVERS='(.*)'$/m) ?? []
  writeFileSync(join(directory, 'site'), template.replace(/\$\{HOLDFAST_SERVERS\}/, servers))
  const prepare = 'chown() { :; }; nginx() { :; }; host=x certificate=c key=k port=3000'
  expect(run(directory, `${prepare}; write_nginx`).status).toBe(0)
  const written = readFileSync(join(directory, 'site'), 'utf8').match(/^ *server \d.*$/gm)
  expect(written).toEqual(servers.split('; ').map((server) => `  ${server.replace(';', '')};`))
  expect(written).toHaveLength(2)
})

test.each([
  ['', '127.0.0.1'],
  ['HOST=0.0.0.0', '127.0.0.1'],
  ['HOST=10.0.0.21', '10.0.0.21'],
  ['HOST=::', '[::1]'],
  ['HOST="fd00::21"', '[fd00::21]'],
])('with the setting %s, the server is asked at %s', (line, address) => {
  const script = `echo '${line}' >$settings/holdfast.env; port=3000; own_address`
  expect(run(scratch(), script)).toMatchObject({ status: 0, out: `${address}:3000` })
})

test.each(['HOLDFAST_BACKUP_TO', 'HOLDFAST_AUDIT_ANCHORS'])(
  'the services may write to the place of %s, and to no former one',
  (setting) => {
    const directory = scratch()
    const write = (place: string) =>
      run(
        directory,
        `chown() { :; }; mkdir -p $units/holdfast-.service.d $state
       printf '#!/bin/sh\necho srv-backups.mount\n' >$state/systemd-escape; chmod 755 $state/systemd-escape
       PATH=$state:$PATH; echo '${setting}="${place}"' >$settings/holdfast.env; write_places
       cat $units/holdfast-.service.d/places.conf`,
      )
    const written = write('/srv/backups')
    expect(written.out).toContain('ReadWritePaths="-/srv/backups"')
    expect(written.out).toContain('After=srv-backups.mount')
    expect(write('s3://bucket/prefix').err).toContain('No such file')
    expect(write(`${directory}/backups`).err).toContain('No such file')
  },
)

/** Changes the name from old.example.org to another, after `prepare`. */
function changeHost(directory: string, prepare = '', host = 'new.example.org') {
  return run(
    directory,
    `settings=${directory}/settings; former_hosts=old.example.org host=old.example.org restart=no
     certificate=$settings/tls/certificate.pem key=$settings/tls/key.pem
     chown() { :; }; install() { mkdir -p "$8"; }; nginx() { :; }; stat() { echo 0700 root:root; }
     mkdir -p $settings/tls; echo HOLDFAST_URL=https://old.example.org >$settings/holdfast.env; self_signed_certificate
     ${prepare}
     host=${host}; check_names; change_host; self_signed_certificate
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

test('a machine that is known by its address gets a certificate of the address', () => {
  const changed = changeHost(scratch(), '', '192.0.2.7')
  expect(changed).toMatchObject({ status: 0, err: '' })
  expect(changed.out).toMatch(/HOLDFAST_URL=https:\/\/192\.0\.2\.7\nrestart=yes\n.*\n *IP Address:192\.0\.2\.7$/s)
})

test('a certificate that an earlier release issued for an address as for a name is issued again', () => {
  const former = `is_address() { false; }; host=192.0.2.7; rm $certificate; self_signed_certificate
    openssl x509 -in $certificate -noout -ext subjectAltName; former_hosts=192.0.2.7
    is_address() { true; }`
  const changed = changeHost(scratch(), former, '192.0.2.7')
  expect(changed).toMatchObject({ status: 0, err: '' })
  expect(changed.out).toMatch(/DNS:192\.0\.2\.7\n.*restart=yes\n.*\n *IP Address:192\.0\.2\.7$/s)
})

test('another name leaves an address alone that was not the former one, and the same name changes nothing', () => {
  const other = 'echo HOLDFAST_URL=https://www.example.org >$settings/holdfast.env'
  expect(changeHost(scratch(), other).out).toContain('HOLDFAST_URL=https://www.example.org\n')
  const kept = changeHost(scratch(), 'former_hosts=new.example.org').out
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

test('a certificate that is not of the name is refused, before nginx uses it', () => {
  const directory = installed()
  const given = (certificate: string) =>
    run(
      directory,
      `host=$(remembered host) former_hosts=$(remembered_hosts) key=$settings/key.pem certificate=${certificate}
       nginx() { :; }; names=$host; for name in $host other.example.org; do
         openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 9 -subj /CN=$name \
           -addext subjectAltName=DNS:$name,IP:192.0.2.1 -keyout $key -out ${directory}/$name.pem 2>/dev/null
       done; check_names; host=192.0.2.1; check_names; echo accepted`,
    )
  expect(given(`${directory}/old.example.org.pem`)).toMatchObject({ status: 0, out: 'accepted' })
  const refused = given(`${directory}/other.example.org.pem`)
  expect(refused).toMatchObject({ status: 1, err: expect.stringContaining('other.example.org.pem is not of old.') })
  // What an earlier run has accepted stays, or an upgrade would be refused.
  run(directory, `sed -i 's|^certificate=.*|certificate=${directory}/other.example.org.pem|' $options`)
  expect(given(`${directory}/other.example.org.pem`).status).toBe(0)
})

test('a certificate may be named as seen from where the script is called', () => {
  const directory = scratch()
  const found = run(directory, `cd ${directory}; absolute own.pem; echo; absolute ../own.pem; echo; absolute /own.pem`)
  expect(found.out).toBe(`${directory}/own.pem\n${directory}/../own.pem\n/own.pem`)
})

/** Creates a self-signed certificate as an earlier release did, or as a clinic may have. */
const certificateOf = (name: string, days: number) =>
  `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days ${days} -subj /CN=${name} \
    -addext subjectAltName=DNS:${name} -keyout $key -out $certificate 2>/dev/null`

test('another name replaces a certificate of an earlier release, and refuses one that the clinic has signed', () => {
  expect(changeHost(scratch(), certificateOf('old.example.org', 825)).out).toContain('DNS:new.example.org')
  for (const own of [certificateOf('old.example.org', 365), certificateOf('www.example.org', 825)]) {
    const directory = scratch()
    const sum = () => run(directory, 'sha256sum $settings/tls/*.pem').out
    const refused = changeHost(directory, `${own}; sha256sum $settings/tls/*.pem`)
    expect(refused).toMatchObject({ status: 1, err: expect.stringContaining('is not of new.example.org') })
    expect(refused.out).toContain(sum())
  }
})

/** A run of an installation as old.example.org. What changes the machine beyond settings and site is left out. */
function install(
  directory: string,
  { hostOption = '', nginx = 'return 0', server = 'return 0', installRelease = ':' },
) {
  const release = join(directory, 'release')
  cpSync(join(root, 'deploy'), join(release, 'deploy'), { recursive: true })
  writeFileSync(join(release, 'deploy', 'systemd', 'holdfast.env'), environmentFileText())
  return run(
    directory,
    `release=${release}
     host=$(remembered host) former_hosts=$(remembered_hosts) restart=no port=3000 version=1 programs=${directory}/opt
     host=${hostOption || '$host'} certificate=$settings/tls/certificate.pem key=$settings/tls/key.pem
     chown() { :; }; install() { mkdir -p "$8"; }; stat() { echo 0700 root:root; }
     systemctl() { echo systemctl "$@"; }; nginx() { ${nginx}; }; wait_until_ready() { ${server}; }
     install_packages() { :; }; create_user() { :; }; create_administrator() { :; }
     install_release() { ${installRelease}; }; write_services() { :; }
     mkdir -p $programs/1; ln -sfn $programs/1 $programs/current
     upgrade=$settings/upgrade.conf; trap on_exit EXIT
     restore_site; check_names; make_changes`,
  )
}

/** What an installation has of its name. */
const names = `cat $settings/install.conf; cat $settings/holdfast.env | grep ^HOLDFAST_URL
  grep -o 'server_name .*' $site | sort -u; openssl x509 -in $settings/tls/certificate.pem -noout -ext subjectAltName
  ls $settings; ls -d \${site}*`

function installed(): string {
  const directory = scratch()
  expect(install(directory, { hostOption: 'old.example.org' })).toMatchObject({ status: 0 })
  expect(run(directory, 'readlink $enabled_site').out).toBe(join(directory, 'site'))
  return directory
}

test('a run that nginx refuses changes nothing, and the next one does not remember its options', () => {
  const directory = installed()
  const before = run(directory, names).out
  expect(before).toContain('host=old.example.org')
  const refuse = '[ "$(grep -c new.example.org $site)" = 0 ]'
  const refused = install(directory, { hostOption: 'new.example.org', nginx: refuse })
  expect(refused).toMatchObject({ status: 1, err: expect.stringContaining('nginx refuses') })
  expect(run(directory, names).out).toBe(before)
  expect(install(directory, { nginx: refuse }).status).toBe(0)
  expect(run(directory, names).out).toBe(before)
})

test('a run that is killed while nginx checks its site leaves the former site to the next one', () => {
  const directory = installed()
  const before = run(directory, names).out
  install(directory, { hostOption: 'new.example.org', nginx: 'grep -q old.example.org $site || kill -9 $$' })
  expect(run(directory, names).out).not.toBe(before)
  const again = install(directory, { hostOption: 'new.example.org', nginx: 'grep -q old.example.org $site' })
  expect(again).toMatchObject({ status: 1, err: expect.stringContaining('nginx refuses') })
  expect(again.err).not.toContain('its own files')
  expect(run(directory, names).out).toBe(before)
})

test('a restart that an interrupted run still owed is made up for by the next one', () => {
  const directory = installed()
  expect(install(directory, { installRelease: 'restart=yes; kill -9 $$' }).status).not.toBe(0)
  expect(install(directory, {}).out).toContain('systemctl restart holdfast-server\n')
  expect(install(directory, {}).out).not.toContain('restart')
})

test('a change of the name that ends midway is completed by the next run, which restarts server and worker', () => {
  const directory = installed()
  const old = run(directory, names).out
  expect(install(directory, { hostOption: 'new.example.org', server: 'return 1' }).status).toBe(1)
  const { status, out } = install(directory, {})
  expect([status, out]).toEqual([0, expect.stringContaining('systemctl restart holdfast-server\n')])
  expect(out).toContain('systemctl try-restart holdfast-worker\n')
  expect(out).toMatch(/systemctl reload nginx/)
  const now = run(directory, names).out
  expect(now.replaceAll('certificate.pem.former\n', '')).toBe(old.replaceAll('old.example', 'new.example'))
  expect(install(directory, {}).out).not.toContain('restart')
})

test('a run whose server does not answer leaves the site that nginx uses, and the next one writes the new one', () => {
  const directory = installed()
  const site = () => run(directory, 'cat $site').out
  const before = site()
  const failed = install(directory, { hostOption: 'new.example.org', server: '! grep -q new.example.org $site' })
  // Meanwhile it was the new one: this is what the server was asked with.
  expect(failed).toMatchObject({ status: 1, err: expect.stringContaining('the server does not answer') })
  expect(site()).toBe(before)
  expect(install(directory, {}).status).toBe(0)
  expect(site()).toBe(before.replaceAll('old.example.org', 'new.example.org'))
  expect(run(directory, 'ls $site.former').status).not.toBe(0)
})

test('a link of the site that the operator has removed stays removed', () => {
  const directory = installed()
  run(directory, 'rm $enabled_site')
  expect(install(directory, {}).out).toContain('was removed: nginx does not use')
  expect(run(directory, 'ls $enabled_site').status).not.toBe(0)
  run(directory, 'rm $site')
  expect(install(directory, {}).status).toBe(0)
  expect(run(directory, 'readlink $enabled_site').out).toBe(join(directory, 'site'))
})

test('the first password is written again after the database was removed', () => {
  const directory = scratch()
  const create = `touch $settings/holdfast.env $settings/administrator-created; echo old >$settings/first-password
    data=$state/data; create_administrator; cat $settings/first-password`
  expect(run(directory, create)).toMatchObject({ status: 1, out: expect.not.stringContaining('old') })
  expect(run(directory, `mkdir -p $state/data; ${create}`)).toMatchObject({ status: 0, out: 'old' })
})

/** A database of 500 KB on a disk with 400 KB free, beside a directory of the state with more. */
const disks = (data: string) => `echo HOLDFAST_DATA=${data} >$settings/holdfast.env; mkdir -p ${data}
  data=$(data_directory)
  du() { echo "500	$2"; }
  df() { echo Filesystem; case $2 in $state*) echo disk 0 0 900;; *) echo disk 0 0 400;; esac; }`

test('an upgrade needs space on the disk of the database, where its copy is, and not on that of the state', () => {
  const directory = scratch()
  const refused = run(directory, `${disks(`${directory}/srv/data`)}\ncheck_space`)
  expect(refused).toMatchObject({ status: 1, err: expect.stringContaining(`copies ${directory}/srv/data first`) })
  expect(run(directory, `${disks(`${directory}/state/data`)}\ncheck_space`)).toMatchObject({ status: 0 })
})

test('an upgrade of a database that is a disk of its own is refused before anything is changed', () => {
  const directory = scratch()
  const upgrade = `programs=$state/opt version=2; mkdir -p $programs/1; ln -sfn $programs/1 $programs/current
    ${disks(`${directory}/srv/data`)}; mountpoint() { [ $2 = ${directory}/srv ] || [ $2 = ${directory}/srv/data ]; }`
  const refused = run(directory, `${upgrade}\ncheck_place_of_data`)
  expect(refused).toMatchObject({ status: 1, err: expect.stringContaining('srv/data is a disk of its own') })
  for (const allowed of [
    'version=1',
    'rm $programs/current',
    `sed -i 's|srv/data|srv/data/inside|' $settings/holdfast.env; mkdir ${directory}/srv/data/inside`,
    'echo DATABASE_URL=postgres://db/holdfast >>$settings/holdfast.env',
  ])
    expect(run(directory, `${upgrade}\n${allowed}\ncheck_place_of_data`), allowed).toMatchObject({ status: 0, err: '' })
})

test('a link to the database is followed, so that an upgrade copies the data', () => {
  const directory = scratch()
  const link = `mkdir -p ${directory}/srv/data $state; ln -s ${directory}/srv/data $state/data
    echo HOLDFAST_DATA=$state/data >$settings/holdfast.env; data_directory`
  expect(run(directory, link).out).toBe(join(directory, 'srv/data'))
})

test('the troubleshooting page has every message with which the installation ends', () => {
  const script = readFileSync(join(root, 'deploy/debian/install.sh'), 'utf8')
  const page = readFileSync(join(root, 'docs/operations/troubleshooting.md'), 'utf8')
  const known = [...page.replaceAll(/^```.*?^```$/gms, '').matchAll(/`([^`\n]+)`/g)].map(([, message = '']) => message)
  const messages = [...script.matchAll(/\bfail (["'].*)/g)].map(([, message = '']) => message)
  expect(messages.length).toBeGreaterThan(12)
  expect(messages.filter((message) => !known.some((part) => part.length > 10 && message.includes(part)))).toEqual([])
})
