// Drill: the files of a whole cluster
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { problemKinds } from '@holdfast/contract'
import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { documentedCommands } from './documented-commands.ts'
import { hasProgram } from './machine.ts'

const deploy = join(import.meta.dirname, '../../deploy')
const example = readFileSync(join(deploy, 'cluster/cluster.env.example'), 'utf8')
/** The example with the passwords that it leaves empty. */
const filled = example.replaceAll(/^(\w+)=$/gm, '$1=a-password')

/** A directory in which the documented commands work as if it were the machine's. */
function aMachine(environment: string): { directory: string; run(script: string): { code: number; out: string } } {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-cluster-files-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const folders = [
    'etc/patroni',
    'etc/haproxy',
    'etc/nginx/sites-available',
    'etc/nginx/sites-enabled',
    'etc/systemd/system',
    'var/lib/postgresql',
  ]
  for (const folder of [...folders, 'opt/holdfast/current']) {
    mkdirSync(join(directory, folder), { recursive: true })
  }
  cpSync(deploy, join(directory, 'opt/holdfast/current/deploy'), { recursive: true })
  const here = environment.replaceAll('=/etc/holdfast-cluster/', `=${directory}/etc/holdfast-cluster/`)
  writeFileSync(join(directory, 'cluster.env'), here)
  return {
    directory,
    run(script) {
      const moved = script
        .replaceAll(/(?<= )\/(?=etc\/|opt\/|var\/lib\/)/g, `${directory}/`)
        .replaceAll(/^(chown|apt-get|systemctl|holdfast) .*$/gm, '')
      const env = { ...process.env, HOLDFAST_CLUSTER_ENV: join(directory, 'cluster.env') }
      const options = { env: { ...env, PATH: `${process.env.PATH}:/usr/sbin` }, encoding: 'utf8' as const }
      const { status, stdout, stderr } = spawnSync('sh', ['-euc', moved], options)
      return { code: status ?? 1, out: stdout + stderr }
    },
  }
}

test('the variables of the example are those of the files of a cluster', () => {
  const templates = ['etcd.yml', 'patroni.yml', 'haproxy.cfg', 'pgbackrest.conf', 'pgpass']
  const files = ['nginx/holdfast.conf.template', ...templates.map((name) => `cluster/${name}.template`)]
  const used = files.flatMap((file) =>
    [...readFileSync(join(deploy, file), 'utf8').matchAll(/\$\{(HOLDFAST_\w+)\}/g)].map(([, name = '']) => name),
  )
  const named = [...example.matchAll(/^(\w+)=/gm)].map(([, name = '']) => name)
  expect(new Set(named)).toEqual(new Set(used))
})

const programs = ['haproxy', 'envsubst']
const missing = programs.filter((program) => !hasProgram(program))
if (missing.length > 0) console.warn(`The commands of docs/operations/cluster.md are not tested: no ${missing}`)

test.runIf(missing.length === 0)('the commands of cluster.md write files that the programs accept', () => {
  const { directory, run } = aMachine(filled)
  for (const script of documentedCommands('cluster.md')) expect(run(script)).toMatchObject({ code: 0 })
  const patroni = parse(readFileSync(join(directory, 'etc/patroni/config.yml'), 'utf8')) as Record<string, unknown>
  expect(patroni).toMatchObject({ scope: 'holdfast', name: 'node1', bootstrap: { dcs: { synchronous_mode: true } } })
  const { ttl, loop_wait, retry_timeout } = (patroni.bootstrap as { dcs: Record<string, number> }).dcs
  expect(ttl).toBeGreaterThanOrEqual((loop_wait ?? 0) + 2 * (retry_timeout ?? 0))
  expect(parse(readFileSync(join(directory, 'etc/etcd.yml'), 'utf8'))).toMatchObject({ name: 'node1' })
  expect(readFileSync(join(directory, 'etc/nginx/sites-available/holdfast'), 'utf8')).not.toContain('${')
  const certificates = join(directory, 'etc/holdfast-cluster')
  const nodes = ['node1', 'node2', 'node3'].map((name) => `${name}.pem`)
  const verified = spawnSync('openssl', ['verify', '-CAfile', 'ca.pem', ...nodes], { cwd: certificates })
  expect(verified.stdout.toString()).toBe(nodes.map((name) => `${name}: OK\n`).join(''))
  expect(statSync(join(certificates, 'node1.key')).mode & 0o077).toBe(0)
  // The programs that could read a certificate can read the one that replaces it.
  chmodSync(join(certificates, 'node1.key'), 0o640)
  const former = readFileSync(join(certificates, 'node1.key'), 'utf8')
  const create = documentedCommands('cluster.md').find((script) => script.includes('./certificates ')) ?? ''
  expect(run(create)).toMatchObject({ code: 0 })
  expect(readFileSync(join(certificates, 'node1.key'), 'utf8')).not.toBe(former)
  expect(statSync(join(certificates, 'node1.key')).mode & 0o777).toBe(0o640)
  // Without the key of the authority nothing is replaced.
  const filesOf = () => readdirSync(certificates).map((file) => [file, readFileSync(join(certificates, file), 'utf8')])
  renameSync(join(certificates, 'ca.key'), join(directory, 'ca.key'))
  const before = filesOf()
  expect(run(create)).toMatchObject({ code: 1, out: expect.stringContaining('ca.key is not in') })
  expect(filesOf()).toEqual(before)
  const isWithout = (file: string) => !readFileSync(file, 'utf8').includes('${HOLDFAST_')
  expect(readdirSync(join(directory, 'etc')).includes('etcd.yml')).toBe(true)
  expect(isWithout(join(directory, 'etc/haproxy/haproxy.cfg'))).toBe(true)
})

test.runIf(missing.length === 0)('the commands of cluster-backup.md write the files of pgBackRest', () => {
  const { directory, run } = aMachine(filled.replace('ARCHIVE_MODE=off', 'ARCHIVE_MODE=on'))
  const [install = ''] = documentedCommands('cluster-backup.md')
  expect(run(install)).toMatchObject({ code: 0 })
  expect(readFileSync(join(directory, 'etc/pgbackrest.conf'), 'utf8')).toContain('repo1-cipher-pass=a-password\n')
  expect(statSync(join(directory, 'var/lib/postgresql/.pgpass')).mode & 0o077).toBe(0)
  const patroni = parse(readFileSync(join(directory, 'etc/patroni/config.yml'), 'utf8')) as Record<string, unknown>
  expect(patroni).toMatchObject({ postgresql: { parameters: { archive_mode: 'on' } } })
  const units = join(directory, 'etc/systemd/system')
  const service = readFileSync(join(units, 'pgbackrest-holdfast@.service'), 'utf8')
  const onPrimary = readFileSync(join(units, 'pgbackrest-holdfast@.service.d/primary-only.conf'), 'utf8')
  expect(service + onPrimary).toMatch(/--stanza=holdfast --type=%i backup.*ExecCondition=.*pg_is_in_recovery/s)
  for (const kind of ['full', 'incr']) expect(readdirSync(units)).toContain(`pgbackrest-holdfast-${kind}.timer`)
})

test.runIf(missing.length === 0)('a variable without a value is named, and nothing is written', () => {
  const { directory, run } = aMachine(example)
  const script = documentedCommands('cluster.md').find((one) => one.includes('patroni.yml')) ?? ''
  expect(run(script)).toMatchObject({ code: 1, out: expect.stringMatching(/no HOLDFAST_\w+_PASSWORD, which patroni/) })
  expect(readdirSync(join(directory, 'etc/patroni'))).toEqual([])
})

test('what nginx itself answers are problems of the API', () => {
  const template = readFileSync(join(deploy, 'nginx/holdfast.conf.template'), 'utf8')
  const problems = [...template.matchAll(/return (\d+) '(\{.*\})';/g)].map(([, status = '', body = '']) => ({
    status: Number(status),
    body: JSON.parse(body) as Record<string, unknown>,
  }))
  expect(problems.map(({ body }) => body.code)).toEqual(['rate_limited', 'unavailable'])
  for (const { status, body } of problems) {
    const kind = problemKinds[body.code as 'unavailable']
    expect(body).toMatchObject({ type: `urn:holdfast:problem:${body.code}`, title: kind.title, status: kind.status })
    expect(status).toBe(kind.status)
  }
})
