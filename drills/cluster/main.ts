import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { provideTestEnvironment } from '@holdfast/testkit'
import { Ending } from './ending.ts'
import { whyNoCluster } from './programs.ts'
import { type Cluster, type ClusterOptions, clusterPrograms, startCluster } from './start-cluster.ts'

// npm run cluster -- [--directory DIR] [--http PORT] [--https PORT] [--shards N] [--strict]

const { values } = parseArgs({
  options: {
    directory: { type: 'string' },
    http: { type: 'string' },
    https: { type: 'string' },
    shards: { type: 'string' },
    strict: { type: 'boolean', default: false },
  },
})

function portOf(name: 'http' | 'https'): number | undefined {
  const port = Number(values[name] ?? 0)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`--${name} is a port, from 1 to 65535, not ${values[name]}.`)
  }
  return port === 0 ? undefined : port
}

/** How many further databases there are: --shards counts that of the cluster, too. */
function furtherShards(): number | undefined {
  const shards = Number(values.shards ?? 1)
  if (!Number.isInteger(shards) || shards < 1 || shards > 8) {
    throw new Error(`--shards is the number of databases, from 1 to 8, not ${values.shards}.`)
  }
  return shards === 1 ? undefined : shards - 1
}

function print({ url, nodes, etcd, haproxy, servers, worker, nginx, ...cluster }: Cluster, directory: string): void {
  const databaseUrl = new URL(cluster.databaseUrl)
  const rows: [string, string, number | string][] = [
    ['nginx', url, nginx.process.pid],
    ...servers.map((server): [string, string, number] => [server.process.name, server.url, server.process.pid]),
    ['worker', '', worker.pid],
    ...cluster.optional.started.map(({ name, where }): [string, string, string] => [name, where, '']),
    ['HAProxy', `127.0.0.1:${databaseUrl.port} (primary), :${cluster.replicasPort} (replicas)`, haproxy.pid],
    ...nodes.map((node): [string, string, number] => [
      node.name,
      `127.0.0.1:${node.postgresPort} (PostgreSQL), https://127.0.0.1:${node.checksPort}/cluster (Patroni)`,
      node.pid,
    ]),
    ...etcd.map((member): [string, string, number] => [member.name, '', member.pid]),
    ...cluster.shards.map(({ name, dataDirectory }): [string, string, string] => [name, dataDirectory, '']),
  ]
  for (const [name, where, pid] of rows)
    process.stdout.write(`${name.padEnd(10)} ${String(pid).padStart(8)}  ${where}\n`)
  for (const { name, where } of cluster.optional.missing) {
    process.stdout.write(`${name} is not installed: apt-get install --no-install-recommends ${where}\n`)
  }
  const { email, password } = cluster.administrator
  process.stdout.write(
    `\nSite           ${url}\nAdministrator  ${email}  ${password}\nFiles, logs    ${directory}\n\nFor commands:\n`,
  )
  const shards = cluster.shards.map((shard) => `${shard.name}=${shard.url}`).join(',')
  const settings = { DATABASE_URL: databaseUrl.href, HOLDFAST_SECRET: cluster.secret, HOLDFAST_SHARDS: shards }
  for (const [name, value] of Object.entries(settings)) {
    if (value !== '') process.stdout.write(`export ${name}='${value}'\n`)
  }
  process.stdout.write('\nCtrl-C stops everything.\n')
}

const reason = whyNoCluster(clusterPrograms)
if (reason !== null) {
  process.stderr.write(`A cluster can't be started here: ${reason}\n`)
  process.exit(1)
}
const [http, https] = [portOf('http'), portOf('https')]
const shards = furtherShards()
if ((http === undefined) !== (https === undefined)) throw new Error('Expected both --http and --https, or neither.')
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => once(process, signal))
const stopped = Promise.race(signals).then(() => undefined)
const ending = new Ending()
const isTemporary = values.directory === undefined
const directory = resolve(values.directory ?? (await mkdtemp(join(tmpdir(), 'holdfast-cluster-'))))
await mkdir(directory, { recursive: true })
provideTestEnvironment({ servers: [], dataDirectory: undefined, compileCache: join(directory, 'compile-cache') })
const say = (line: string) => process.stderr.write(`${line}\n`)
try {
  const options: ClusterOptions = {
    directory,
    etcdMembers: 3,
    hasWires: false,
    hasOptionalParts: true,
    settings: {},
    isStrict: values.strict,
    say,
    ...(shards === undefined ? {} : { shards }),
    ...(http === undefined || https === undefined ? {} : { ports: { http, https } }),
  }
  const cluster = await Promise.race([startCluster(options, ending), stopped])
  if (cluster !== undefined) print(cluster, directory)
  await stopped
  say('stopping')
} finally {
  await ending.run()
  if (isTemporary) await rm(directory, { recursive: true, force: true })
}
// A start that was interrupted still waits for something.
process.exit()
