import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { documentedCommands } from './documented-commands.ts'

const root = join(import.meta.dirname, '../..')
const installation = 'test/deploy/installation.test.ts'

/** Pages of docs/operations with commands, and the test that runs them. */
const testedBy: Record<string, string> = {
  'back-up.md': installation,
  'cluster-backup.md': 'packages/server/test/drill/cluster-backup.test.ts',
  'cluster.md': 'test/deploy/cluster-files.test.ts',
  'configure.md': installation,
  'https.md': installation,
  'install.md': installation,
  'move.md': installation,
  'pgbackrest.md': 'test/deploy/follow-pages.ts',
  'pgbouncer.md': 'test/deploy/follow-pages.ts',
  'rabbitmq.md': 'packages/server/test/drill/broker.test.ts',
  'restore.md': installation,
  'troubleshooting.md': installation,
  'uninstall.md': installation,
  'upgrade.md': installation,
}

test('the commands of every page of docs/operations are run by a test', () => {
  const pages = readdirSync(join(root, 'docs/operations')).filter((page) => documentedCommands(page).length > 0)
  expect(pages.sort()).toEqual(Object.keys(testedBy))
  for (const [page, path] of Object.entries(testedBy)) {
    expect(readFileSync(join(root, path), 'utf8'), `${path} runs the commands of ${page}`).toContain(page)
  }
})

test('pages whose commands are run one by one have as many as their tests run', () => {
  expect(documentedCommands('cluster-backup.md')).toHaveLength(4)
  expect(documentedCommands('pgbackrest.md')).toHaveLength(4)
  expect(documentedCommands('pgbouncer.md')).toHaveLength(4)
  expect(documentedCommands('restore.md')).toHaveLength(3)
  expect(documentedCommands('rabbitmq.md')).toHaveLength(2)
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
