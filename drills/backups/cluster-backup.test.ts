import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPool } from '@holdfast/engine'
import { portToKeep, until } from '@holdfast/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { documentedCommands } from '../../test/deploy/documented-commands.ts'
import { hasProgram } from '../../test/deploy/machine.ts'
import { Ending } from '../cluster/ending.ts'
import type { PatroniNode } from '../cluster/patroni-node.ts'
import { isRoot, postgresBinaries, whyNoCluster } from '../cluster/programs.ts'
import { clusterPrograms, startCluster } from '../cluster/start-cluster.ts'
import { giveTo } from '../cluster/template.ts'

const lacking = isRoot() && hasProgram('pgbackrest') ? null : 'it needs root, and pgbackrest'
const reason = whyNoCluster(clusterPrograms) ?? lacking
if (reason !== null) console.warn(`Backups of a cluster are not tested here: ${reason}`)

const logOf = (node: PatroniNode) => {
  const file = node.fileOf('data.log')
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}

/**
 * Runs a script of cluster-backup.md with the files and the ports of a node. Here each node has a separate directory,
 * so the configuration in a backup, written by Patroni, can name another node's pg_hba.conf.
 * @returns what it printed
 */
function execute(node: PatroniNode, script: string, port: number): Promise<string> {
  const files = ['hba', 'ident'].map((name) => `-c ${name}_file=${node.fileOf('data')}/pg_${name}.conf`).join(' ')
  const here = script
    .replaceAll('-c ssl=off', `-c ssl=off ${files}`)
    .replaceAll('/var/lib/postgresql/holdfast', node.fileOf('data'))
    .replaceAll('/etc/patroni/config.yml', node.fileOf('patroni.yml'))
    .replaceAll('/var/run/postgresql', node.fileOf(''))
    .replaceAll('/usr/lib/postgresql/15/bin', postgresBinaries() ?? '')
    .replaceAll('5432', String(port))
    .replaceAll(/^systemctl .*$/gm, '')
  const env = {
    ...process.env,
    PGBACKREST_CONFIG: node.fileOf('pgbackrest.conf'),
    PGBACKREST_PG1_PORT: String(port),
    PGPASSFILE: node.fileOf('pgpass'),
  }
  return new Promise((resolve, reject) => {
    execFile('sh', ['-euc', `exec 2>&1\n${here}`], { env, cwd: '/' }, (error, out) => {
      if (error === null) resolve(out)
      else reject(new Error(`${here}\n${out}\n${logOf(node)}`))
    })
  })
}

test.runIf(reason === null)(
  'a cluster is backed up, also by a new primary, and restored to a moment as a cluster',
  { timeout: 1_200_000 },
  async () => {
    const [, begin = '', stop = '', restore = ''] = documentedCommands('cluster-backup.md')
    const directory = await mkdtemp(join(tmpdir(), 'hf-cluster-backup-'))
    await chmod(directory, 0o711)
    const repository = join(directory, 'repository')
    await mkdir(repository)
    await giveTo('postgres', repository)
    const ending = new Ending()
    onTestFinished(async () => {
      await ending.run()
      await rm(directory, { recursive: true, force: true })
    })
    const parts = { etcdMembers: 1 as const, hasWires: false, hasOptionalParts: false, isStrict: false, settings: {} }
    const cluster = await startCluster({ ...parts, directory, repository, say: () => undefined }, ending)
    const pool = createPool({ url: cluster.databaseUrl, max: 1, name: 'drill', onIdleError: () => undefined })
    await ending.add('to close the connections', () => pool.close(1_000))
    const written = async () => (await pool.query<{ no: number }>('select no from written order by no')).rows

    const first = await cluster.untilHealthy()
    await pool.query('create table written (no integer)')
    expect(await execute(first, begin, first.ownPostgresPort)).toMatch(/status: ok.*full backup/s)
    await pool.query('insert into written values (1)')

    // The primary fails, and the next one goes on with the backups.
    await first.end()
    const next = await until(
      async () => ((await cluster.primary()) === first ? undefined : ((await cluster.primary()) ?? undefined)),
      () => cluster.nodes[1]?.lastLines() ?? '',
      300_000,
    )
    await until(
      () =>
        pool.query('insert into written values (2)').then(
          () => true,
          () => undefined,
        ),
      'the new primary to accept writes',
      60_000,
    )
    // Right after a promotion pgBackRest waits for a checkpoint of the new timeline: an hourly timer tries again.
    const checkpoint = 'runuser -u postgres -- psql --host /var/run/postgresql --port 5432 -d postgres -qc checkpoint'
    const incremental = 'runuser -u postgres -- pgbackrest --stanza=holdfast --type=incr backup'
    await execute(next, `${checkpoint}\n${incremental}`, next.ownPostgresPort)
    const { rows } = await pool.query<{ moment: string }>(`select clock_timestamp()::text as moment, pg_sleep(1)`)
    await pool.query('insert into written values (3)')
    await execute(next, 'runuser -u postgres -- pgbackrest --stanza=holdfast check', next.ownPostgresPort)

    // All machines lose their data.
    await Promise.all(cluster.nodes.map((node) => node.end()))
    expect(stop).toContain('mv /var/lib/postgresql/holdfast')
    for (const node of cluster.nodes) await rename(node.fileOf('data'), node.fileOf('data.before'))
    const moment = restore.replace('2027-03-01 10:15:00+00', rows[0]?.moment ?? '')
    await execute(next, moment, await portToKeep())
    next.start()
    await until(
      async () => await next.isPrimary(),
      () => next.lastLines(),
      300_000,
    )
    for (const node of cluster.nodes) if (node !== next) node.start()
    await cluster.untilHealthy()
    expect(await written()).toEqual([{ no: 1 }, { no: 2 }])
  },
)
