import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { commandInSentence, documentedCommands } from './documented-commands.ts'
import type { Machine } from './machine.ts'

/** Runs the commands of pgbouncer.md on a machine that uses a PostgreSQL of its own. */
export async function followPgBouncer(machine: Machine, execute: (script: string) => Promise<string>): Promise<void> {
  const [install = '', start = '', use = '', stop = ''] = documentedCommands('pgbouncer.md')
  // What the machine has is not upgraded: there is no network.
  await execute(install.replace('install --yes', 'install --yes --no-upgrade'))
  await execute(start)
  const checked = await execute(use)
  expect(checked).toContain('DATABASE_URL leads to a connection pooler, used as one with pool mode transaction')
  expect(checked).not.toContain('DATABASE_DIRECT_URL leads to a connection pooler')
  const log = await machine.succeed('journalctl -u holdfast-server -o cat')
  expect(log).toContain('The database is behind a connection pooler')
  const connections = "ss -tnH state established '( dport = :6432 )'"
  expect(await machine.succeed(connections)).not.toBe('')
  // Only PgBouncer's role may look passwords up.
  const lookUp = `psql -d holdfast -c 'set role holdfast' -c "select pgbouncer.user_lookup('postgres')"`
  const refused = await machine.run(`runuser -u postgres -- ${lookUp}`)
  expect(refused).toMatchObject({ code: 1, out: expect.stringContaining('permission denied') })
  await execute(stop)
  expect(await machine.run('systemctl is-active pgbouncer')).toMatchObject({ out: 'inactive\n' })
  expect(await machine.succeed(connections)).toBe('')
  expect(await machine.succeed('holdfast doctor')).not.toContain('connection pooler')
}

/** Runs the commands of pgbackrest.md on a machine that uses a PostgreSQL of its own, with the clinic Northgate. */
export async function followPgBackRest(
  machine: Machine,
  execute: (script: string) => Promise<string>,
  clinics: () => Promise<{ name: string }[]>,
): Promise<void> {
  const [install = '', begin = '', restore = '', stop = ''] = documentedCommands('pgbackrest.md')
  await execute(install.replace('install --yes', 'install --yes --no-upgrade'))
  expect(await execute(begin)).toMatch(/status: ok.*cipher: aes-256-cbc.*full backup/s)
  await machine.succeed('systemd-analyze verify pgbackrest-holdfast@full.service pgbackrest-holdfast-incr.timer')
  const timers = await machine.succeed('systemctl list-timers --no-pager')
  for (const kind of ['full', 'incr']) expect(timers).toContain(`pgbackrest-holdfast-${kind}.timer`)
  await machine.succeed('systemctl start pgbackrest-holdfast@incr')
  const moment = (await machine.succeed('date -u +"%Y-%m-%d %H:%M:%S.%3N"; sleep 1')).trim()
  // The file has another name of the clinic by now: this is a second one.
  await machine.succeed('holdfast import --clinics /tmp/clinics.csv')
  const before = (await clinics()).length
  await execute(restore.replaceAll('2027-03-01 10:15:00', moment))
  const restored = await clinics()
  expect(restored).toHaveLength(before - 1)
  expect(restored).toMatchObject([{ name: 'Northgate' }])
  // The repository alone, with another passphrase, is of no use.
  const wrong = 'runuser -u postgres -- env PGBACKREST_REPO1_CIPHER_PASS=wrong pgbackrest --stanza=holdfast info'
  expect((await machine.run(wrong)).out).toMatch(/cipher|CryptoError/i)
  await execute(stop)
  expect(await clinics()).toMatchObject([{ name: 'Northgate' }])
}

/**
 * Checks what https.md says of certbot, which itself needs a public name: that nginx serves what it puts into the
 * directory, and that the installation accepts its files, and the command that follows a renewal works.
 */
export async function followCertbot(machine: Machine, installer: string): Promise<void> {
  const page = await readFile(join(import.meta.dirname, '../../docs/operations/https.md'), 'utf8')
  const named = (pattern: RegExp) => {
    const [, found] = pattern.exec(page.replaceAll(/\s+/g, ' ')) ?? []
    if (found === undefined) throw new Error(`https.md has nothing like ${pattern}.`)
    return found
  }
  const challenges = `${named(/--webroot-path (\S+)/)}/.well-known/acme-challenge`
  await machine.succeed(`mkdir -p ${challenges} && echo answer >${challenges}/token`)
  const asked = 'curl -s http://127.0.0.1/.well-known/acme-challenge/token -H "Host: book.example.org"'
  expect(await machine.succeed(asked)).toBe('answer\n')
  const live = named(/into `([^`]+\/)`/)
  const [certificate, key] = [`${live}${named(/`(\w+\.pem)` and/)}`, `${live}${named(/ and `(\w+\.pem)`/)}`]
  await machine.succeed(`mkdir -p ${live} && cp /etc/ssl/certs/book.pem ${certificate}`)
  await machine.succeed(`cp /etc/ssl/private/book.key ${key}`)
  const installed = await machine.succeed(`${installer} --certificate ${certificate} --key ${key}`)
  expect(installed).toContain('Wrote /etc/nginx/sites-available/holdfast')
  const other = await machine.run(`${installer} --host new.example.org`)
  expect(other).toMatchObject({ code: 1, out: expect.stringContaining('is not of new.example.org') })
  await machine.succeed(named(/--deploy-hook '([^']+)'/))
  expect(await machine.succeed('nginx -T 2>&1')).toContain(`ssl_certificate ${certificate};`)
}

/** A PostgreSQL 15 is backed up with a warning, and its backup is not restored. */
export async function expectBackupWithoutRestore(machine: Machine, place: string): Promise<void> {
  const backup = await machine.succeed(`holdfast backup --to ${place}`)
  expect(backup).toMatch(/can’t restore this backup: .*PostgreSQL 15.*pgBackRest/)
  expect(backup).toContain('Backed up')
  const restored = await machine.run(`holdfast restore --from ${place} --data /var/lib/holdfast/restored-own`)
  expect(restored).toMatchObject({ code: 1, out: expect.stringContaining('pgBackRest') })
}

/** Gives a machine with a self-signed certificate another name, and its former one again. */
export async function changeName(machine: Machine, installer: string): Promise<void> {
  for (const [former, name] of [
    ['book.example.org', 'new.example.org'],
    ['new.example.org', 'book.example.org'],
  ]) {
    const changed = await machine.succeed(`${installer} --host ${name}`)
    expect(changed).toContain('Changed HOLDFAST_URL')
    expect(changed).toContain(`Passkeys of ${former} no longer work`)
    const verified = `curl -s --fail --cacert /etc/holdfast/tls/certificate.pem --resolve ${name}:443:127.0.0.1`
    // nginx goes on with its old certificate for a moment after a reload.
    await expect
      .poll(() => machine.run(`${verified} https://${name}/robots.txt`), { timeout: 60_000 })
      .toMatchObject({ code: 0, out: expect.stringContaining(`https://${name}/sitemap.xml`) })
    expect(await machine.succeed(installer)).toContain('nothing had to be changed')
  }
}

/** The log of the embedded PostgreSQL is rotated where the server writes it, and the server goes on writing there. */
export async function rotateLog(machine: Machine): Promise<void> {
  const log = '/var/lib/holdfast/data/postgres.log'
  await machine.succeed(`test -e ${log} && runuser -u holdfast -- sh -c 'echo rotated >>${log}'`)
  await machine.succeed('logrotate --force --state /tmp/logrotate /etc/logrotate.d/holdfast')
  expect(await machine.succeed(`gzip -dc ${log}.1.gz`)).toContain('rotated\n')
  expect(await machine.succeed(`cat ${log}`)).not.toContain('rotated')
  expect(await machine.succeed(`stat -c '%U %s' ${log}`)).toMatch(/^holdfast \d+\n$/)
}

/** A disk that was mounted at the place of backups, and another directory for them, as back-up.md says. */
export async function moveBackups(machine: Machine, installer: string): Promise<void> {
  const settings = '/etc/holdfast/holdfast.env'
  await machine.succeed('chown root:root /var/backups/holdfast')
  await machine.succeed(commandInSentence('back-up.md', 'chown'))
  expect(await machine.succeed("stat -c '%U:%G' /var/backups/holdfast")).toBe('holdfast:holdfast\n')
  const create = commandInSentence('back-up.md', 'install -d')
  const [place = ''] = /\S+$/.exec(create) ?? []
  await machine.succeed(create)
  await machine.succeed(
    `cp -p ${settings} /tmp/env && sed -i 's|^HOLDFAST_BACKUP_TO=.*|HOLDFAST_BACKUP_TO=${place}|' ${settings}`,
  )
  expect(await machine.succeed(installer)).toContain('places.conf')
  const copied = `find ${place}/base -name manifest.json | grep -q .`
  await expect.poll(() => machine.run(copied), { timeout: 120_000, interval: 1_000 }).toMatchObject({ code: 0 })
  await machine.succeed(`cp -p /tmp/env ${settings}`)
  expect(await machine.succeed(installer)).toContain('Removed /etc/systemd/system/holdfast-.service.d/places.conf')
}

/** The statements after another version of the C library, in a restored database that Holdfast uses. */
export async function repairIndexes(machine: Machine): Promise<void> {
  const psql = commandInSentence('restore.md', 'psql')
  const page = await readFile(join(import.meta.dirname, '../../docs/operations/restore.md'), 'utf8')
  const statements = [...page.replaceAll(/\s+/g, ' ').matchAll(/`((?:REINDEX|ALTER) [^`]+)`/g)]
  expect(statements).toHaveLength(2)
  for (const [, statement] of statements) {
    const password = 'PGPASSWORD=$(cat /var/lib/holdfast/restored/owner-password)'
    await machine.succeed(`${password} ${psql} --set ON_ERROR_STOP=1 --command '${statement}'`)
  }
}
