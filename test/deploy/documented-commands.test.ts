import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { commandsInSentences, documentedCommands } from './documented-commands.ts'

const root = join(import.meta.dirname, '../..')
const installation = 'test/deploy/installation.test.ts'

/** Pages of docs/operations with commands, and the test that runs them. */
const testedBy: Record<string, string> = {
  'alerts.md': 'packages/cli/src/runbook.test.ts',
  'back-up.md': installation,
  'cluster-backup.md': 'drills/backups/cluster-backup.test.ts',
  'cluster.md': 'test/deploy/cluster-files.test.ts',
  'configure.md': installation,
  'https.md': installation,
  'install.md': installation,
  // Without a cluster: what its commands name exists.
  'kubernetes.md': 'test/deploy/kubernetes-files.test.ts',
  'monitoring.md': 'packages/server/src/observe/grafana-files.test.ts',
  'move.md': installation,
  'pgbackrest.md': 'test/deploy/follow-pages.ts',
  'pgbouncer.md': 'test/deploy/follow-pages.ts',
  'rabbitmq.md': 'drills/broker/broker.test.ts',
  'restore.md': installation,
  'security-log.md': 'packages/cli/src/commands/verify-audit.test.ts',
  'shards.md': 'packages/cli/src/commands/shards-page.test.ts',
  'troubleshooting.md': installation,
  'uninstall.md': installation,
  'upgrade-servers.md': 'drills/upgrade/canary.test.ts',
  'upgrade.md': installation,
}

/** Commands within sentences, and the test that runs them, or why none does. */
const inSentences = [
  ['alerts.md', 'holdfast events dead-letters', 'packages/cli/src/runbook.test.ts'],
  ['back-up.md', 'chown holdfast:holdfast /var/backups/holdfast', 'test/deploy/follow-pages.ts'],
  ['back-up.md', 'install -d -o', 'test/deploy/follow-pages.ts'],
  ['bounces.md', 'holdfast unix -', 'a line of a file of Postfix'],
  ['cluster.md', 'systemctl restart haproxy', 'it needs the machines of a cluster'],
  [
    'configure.md',
    '/opt/holdfast/current/deploy/debian/install.sh --host new.example.org',
    'test/deploy/follow-pages.ts',
  ],
  ['configure.md', 'holdfast admin reset-second-factor', 'packages/cli/src/commands/admin-reset-second-factor.test.ts'],
  [
    'encryption.md',
    '/opt/holdfast/current/deploy/cluster/certificates /root/database-tls database',
    'packages/engine/src/database/tls.test.ts',
  ],
  ['https.md', 'certbot certonly --webroot', 'it needs a public name'],
  ['logs.md', 'systemctl kill --signal', 'packages/cli/test/log-level.test.ts sends the signal'],
  ['move.md', 'holdfast move-database --reopen', 'packages/cli/src/commands/move-while-running.test.ts'],
  ['restore.md', 'holdfast admin end-sessions', installation],
  ['restore.md', 'holdfast audit verify', 'packages/cli/src/commands/verify-audit.test.ts'],
  ['restore.md', 'psql --host /var/lib/holdfast/restored/socket', 'test/deploy/follow-pages.ts'],
  ['security-log.md', 'holdfast audit verify', 'packages/cli/src/commands/verify-audit.test.ts'],
  ['security-log.md', 'holdfast audit verify', 'packages/cli/src/commands/verify-audit.test.ts'],
  ['security-log.md', 'holdfast audit key', 'packages/cli/src/commands/verify-audit.test.ts'],
  ['security-log.md', 'holdfast audit verify', 'packages/cli/src/commands/verify-audit.test.ts'],
  ['shards.md', 'holdfast shards clinics', 'packages/cli/src/commands/list-clinics.test.ts'],
  ['shards.md', 'holdfast shards drain', 'packages/cli/src/commands/balance-shards.test.ts'],
  ['shards.md', 'holdfast backup --shard', 'packages/cli/test/restore-shard.test.ts'],
  ['shards.md', 'holdfast repeat-erasures --shard', 'packages/cli/src/commands/shards.test.ts'],
  ['shards.md', 'holdfast shards choose', 'packages/cli/src/commands/shards-page.test.ts'],
  ['shards.md', 'holdfast shards drain', 'packages/cli/src/commands/balance-shards.test.ts'],
  ['shards.md', 'holdfast backup --shard', 'packages/cli/test/restore-shard.test.ts'],
  ['troubleshooting.md', 'holdfast admin reset-password', 'packages/cli/src/commands/database-commands.test.ts'],
  ['troubleshooting.md', 'holdfast admin create', 'packages/cli/src/commands/database-commands.test.ts'],
  ['troubleshooting.md', 'holdfast move-database --reopen', 'packages/cli/src/commands/move-while-running.test.ts'],
  ['troubleshooting.md', 'holdfast migrate --contract', 'packages/cli/src/commands/database-commands.test.ts'],
  ['upgrade-servers.md', 'holdfast migrate --contract', 'packages/cli/src/commands/database-commands.test.ts'],
  ['upgrade-servers.md', 'systemctl restart holdfast', 'test/deploy/follow-pages.ts'],
  ['upgrade-servers.md', 'holdfast wait-ready --proxy-seconds', 'packages/cli/src/commands/wait-ready.test.ts'],
  [
    'upgrade-servers.md',
    '/opt/holdfast/VERSION/deploy/debian/install.sh --back',
    'test/deploy/install-functions.test.ts',
  ],
  ['upgrade.md', 'holdfast migrate --contract', 'packages/cli/src/commands/database-commands.test.ts'],
]

test('the commands of every page of docs/operations are run by a test', () => {
  const pages = readdirSync(join(root, 'docs/operations')).filter((page) => documentedCommands(page).length > 0)
  expect(pages.sort()).toEqual(Object.keys(testedBy))
  for (const [page, path] of Object.entries(testedBy)) {
    expect(readFileSync(join(root, path), 'utf8'), `${path} runs the commands of ${page}`).toContain(page)
  }
})

/** The languages of the fences of a text; of a shell, only `sh` is one whose commands are run. */
function otherShells(text: string): string[] {
  const languages = [...text.matchAll(/^ *(?:```+|~~~+)[ \t]*([\w+-]+)/gm)].map(([, language = '']) => language)
  return languages.filter((one) => /sh$|shell|console|terminal/i.test(one) && one !== 'sh')
}

test('each shell script of the documentation is in a fence whose commands are run by a test', () => {
  expect(otherShells('```sh\n```\n   ```bash\n   ```\n~~~ shell-session\n~~~\n')).toEqual(['bash', 'shell-session'])
  const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: root })
  expect(pages.length).toBeGreaterThan(50)
  const found = pages.map((page) => [page, otherShells(readFileSync(join(root, page), 'utf8'))])
  expect(found.filter(([, others]) => others?.length !== 0)).toEqual([])
})

/** Whether the command `holdfast` and the services, which read the same file, see the same value in a line of it. */
function isSameForShell(line: string): boolean {
  const [name, value = ''] = line.split(/=(.*)/)
  const { stdout } = spawnSync('sh', ['-c', `${line}\nprintf %s "$${name}"`], { env: {}, encoding: 'utf8' })
  return stdout === value.replace(/^'(.*)'$/, '$1')
}

test('each line for holdfast.env in the documentation has the same value for a shell and for systemd', () => {
  const lines = readdirSync(join(root, 'docs/operations')).flatMap((page) =>
    [...readFileSync(join(root, 'docs/operations', page), 'utf8').matchAll(/^( *)```\n(.*?)^\1```$/gms)].flatMap(
      ([, , text = '']) => text.match(/^ *(?:HOLDFAST|DATABASE)_[A-Z_]+=.*$/gm) ?? [],
    ),
  )
  expect(lines.length).toBeGreaterThan(0)
  expect(lines.map((line) => line.trim()).filter((line) => !isSameForShell(line))).toEqual([])
  expect(isSameForShell('HOLDFAST_SHARDS=north=postgres://north/holdfast?sslmode=require&uselibpqcompat=true')).toBe(
    false,
  )
})

test('pages whose commands are run one by one have as many as their tests run', () => {
  expect(documentedCommands('cluster-backup.md')).toHaveLength(4)
  expect(documentedCommands('pgbackrest.md')).toHaveLength(4)
  expect(documentedCommands('pgbouncer.md')).toHaveLength(4)
  expect(documentedCommands('restore.md')).toHaveLength(3)
  expect(documentedCommands('rabbitmq.md')).toHaveLength(2)
})

test('commands within sentences are those that a test runs, besides what a page only reminds of', () => {
  const reminder = /^(holdfast \S+|systemctl status( \S+)?)$/
  const found = readdirSync(join(root, 'docs/operations')).flatMap((page) =>
    commandsInSentences(page)
      .filter((command) => !reminder.test(command))
      .map((command) => [page, command.split(' ').slice(0, 3).join(' ')]),
  )
  expect(found).toEqual(inSentences.map(([page, command]) => [page, command]))
})

test('the message of an archive that was changed is in the list of messages', () => {
  const directory = mkdtempSync(join(tmpdir(), 'hf-archive-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const [, install = ''] = documentedCommands('install.md')
  const [, archive = ''] = /sha256sum (\S+)/.exec(install) ?? []
  writeFileSync(join(directory, archive), 'changed')
  writeFileSync(join(directory, `${archive}.sha256`), `${'0'.repeat(64)}  ${archive}\n`)
  const { status, stdout } = spawnSync('sh', ['-c', `set -eu\n${install}`], { cwd: directory, encoding: 'utf8' })
  expect(status).toBe(1)
  const [message = ''] = /\.sha256 \w+/.exec(stdout) ?? []
  const page = readFileSync(join(root, 'docs/operations/troubleshooting.md'), 'utf8')
  expect(page).toContain(`| \`${message}\` |`)
})
