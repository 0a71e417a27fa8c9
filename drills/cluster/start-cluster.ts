import { randomBytes } from 'node:crypto'
import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { withPool } from '@holdfast/engine'
import { portToKeep, until } from '@holdfast/testkit'
import { type ClusterCertificates, createCertificates } from './cluster-certificates.ts'
import type { Ending } from './ending.ts'
import { setUpDatabase } from './holdfast-process.ts'
import { type OptionalParts, startOptionalParts } from './optional-parts.ts'
import { PatroniNode, postgresUser } from './patroni-node.ts'
import { lastLines, type PlainProcess, plainProcess } from './plain-process.ts'
import type { Program } from './programs.ts'
import { type ClusterShard, startShards } from './start-shards.ts'
import { type Site, startSite } from './start-site.ts'
import { fillTemplate, giveTo } from './template.ts'

export type ClusterOptions = {
  /** An empty one, which other users may pass through. */
  directory: string
  etcdMembers: 1 | 3
  /** Whether nodes can be cut off from each other. */
  hasWires: boolean
  /** Whether to start PgBouncer, Redis and RabbitMQ, if they are installed, and to read from replicas. */
  hasOptionalParts: boolean
  /** How many further databases with clinics the installation has, each on one PostgreSQL server. Default: none. */
  shards?: number
  /** Further settings of Holdfast. */
  settings: Record<string, string>
  /** `synchronous_mode_strict` */
  isStrict: boolean
  /** A directory of `postgres`, to which pgBackRest archives; by default it does not. */
  repository?: string
  /** Where nginx listens; free ones by default. */
  ports?: { http: number; https: number }
  say(line: string): void
}

export type Cluster = Site & {
  optional: OptionalParts
  nodes: PatroniNode[]
  shards: ClusterShard[]
  etcd: PlainProcess[]
  haproxy: PlainProcess
  /** The primary's database through HAProxy, as its owner. */
  databaseUrl: string
  replicasPort: number
  administrator: { email: string; password: string }
  /** The node that holds the lease; null: none does. */
  primary(): Promise<PatroniNode | null>
  /** Waits until there is a primary, and two replicas that stream from it, one of them synchronous, or none. */
  untilHealthy(isSynchronous?: boolean): Promise<PatroniNode>
}

/** What {@link startCluster} needs. */
export const clusterPrograms: Program[] = ['etcd', 'patroni', 'postgres', 'haproxy', 'nginx', 'openssl', 'setpriv']

/** Each step is waited for on machines that are ten times slower than usual. */
const startMsMax = 300_000
const host = '127.0.0.1'
const secretOf = (bytes: number) => randomBytes(bytes).toString('hex')

/** Starts all parts from the files of deploy/, and waits until the site answers. @param ending stops all of it */
export async function startCluster(options: ClusterOptions, ending: Ending): Promise<Cluster> {
  const { directory, say } = options
  await chmod(directory, 0o711)
  say('starting etcd')
  const certificates = await createCertificates(directory, postgresUser)
  const etcd = await startEtcd(options, certificates, ending)
  say('starting HAProxy and three nodes of PostgreSQL with Patroni')
  const nodes = await createNodes(options, etcd.hosts, certificates)
  // Before the nodes: HAProxy takes each for the primary until its first check, and then closes the connections.
  const proxy = await startHaproxy(options, nodes, certificates)
  await ending.add('to stop HAProxy', () => proxy.process.end())
  for (const node of nodes) node.start()
  await ending.add('to stop the databases', async () => void (await Promise.all(nodes.map((node) => node.end()))))
  const primary = () => primaryOf(nodes)
  const untilHealthy = (isSynchronous = true) => untilReplicated(nodes, isSynchronous)
  await untilHealthy()
  const { urlParameters } = certificates
  const login = `postgres:${nodes[0]?.superuserPassword}`
  const superuserUrl = `postgres://${login}@${host}:${proxy.primaryPort}/postgres?${urlParameters}`
  await untilConnects(superuserUrl, proxy.process)
  const databaseUrl = await setUpDatabase(superuserUrl, directory)
  const administrator = { email: 'admin@holdfast.local', password: secretOf(12) }
  const optional = options.hasOptionalParts
    ? await startOptionalParts({ superuserUrl, databaseUrl }, ending, say)
    : { started: [], missing: [], settings: {} }
  if (options.shards !== undefined) say('starting the PostgreSQL servers of further databases')
  const shards = await startShards(options.shards ?? 0, directory, ending)
  const ofShards = { HOLDFAST_SHARDS: shards.map(({ name, url }) => `${name}=${url}`).join(',') }
  // Each by itself: Holdfast asks each what it has replayed, and leaves the primary out.
  const nodeUrls = nodes.map(({ postgresPort }) => `postgres://${host}:${postgresPort}/holdfast?${urlParameters}`)
  const replicas = options.hasOptionalParts ? { DATABASE_REPLICA_URLS: nodeUrls.join(',') } : {}
  const settings = {
    ...replicas,
    ...optional.settings,
    ...(shards.length > 0 ? ofShards : {}),
    ...options.settings,
  }
  const site = await startSite({ ...options, settings, administrator, databaseUrl, ending })
  const { replicasPort } = proxy
  const parts = {
    optional,
    nodes,
    shards,
    etcd: etcd.members,
    haproxy: proxy.process,
    databaseUrl,
    replicasPort,
    administrator,
  }
  return { ...site, ...parts, primary, untilHealthy }
}

async function startEtcd(
  { directory, etcdMembers }: ClusterOptions,
  certificates: ClusterCertificates,
  ending: Ending,
) {
  const members = await Promise.all(
    Array.from({ length: etcdMembers }, async (_, index) => ({
      name: `etcd${index + 1}`,
      listen: `${host}:${await portToKeep()}`,
      peer: `${host}:${await portToKeep()}`,
    })),
  )
  const processes: PlainProcess[] = []
  for (const { name, listen, peer } of members) {
    const values = {
      ...certificates.values,
      NODE: name,
      CLUSTER: 'holdfast',
      ETCD_DATA: join(directory, name),
      ETCD_LISTEN: listen,
      ETCD_PEER: peer,
      ETCD_MEMBERS: members.map((one) => `${one.name}=https://${one.peer}`).join(','),
    }
    await mkdir(join(directory, name), { mode: 0o700 })
    await giveTo(postgresUser, join(directory, name))
    const file = join(directory, `${name}.yml`)
    await fillTemplate('cluster/etcd.yml.template', file, values, postgresUser)
    const log = join(directory, `${name}.log`)
    const args = ['--config-file', file]
    processes.push(plainProcess({ name, command: 'etcd', args, log, user: postgresUser }))
  }
  await ending.add('to stop etcd', async () => void (await Promise.all(processes.map((member) => member.end()))))
  for (const [index, { listen }] of members.entries()) {
    const member = processes[index]
    const isHealthy = () => certificates.send(`https://${listen}/health`).then(({ status }) => status === 200)
    await until(
      async () => ((await isHealthy().catch(() => false)) ? true : undefined),
      () => (member === undefined ? '' : lastLines(member)),
      startMsMax,
    )
  }
  return { members: processes, hosts: members.map(({ listen }) => listen).join(',') }
}

async function createNodes(
  options: ClusterOptions,
  etcdHosts: string,
  certificates: ClusterCertificates,
): Promise<PatroniNode[]> {
  const { directory, hasWires, isStrict, repository = null } = options
  const passwords = { superuser: secretOf(16), replication: secretOf(16), patroni: secretOf(16) }
  const create = (name: string) =>
    PatroniNode.create({
      name,
      cluster: 'holdfast',
      directory: join(directory, name),
      etcdHosts,
      passwords,
      certificates,
      isStrict,
      hasWires,
      repository,
    })
  return Promise.all(['node1', 'node2', 'node3'].map(create))
}

async function primaryOf(nodes: readonly PatroniNode[]): Promise<PatroniNode | null> {
  const flags = await Promise.all(nodes.map((node) => node.isPrimary()))
  return nodes[flags.indexOf(true)] ?? null
}

async function untilReplicated(nodes: readonly PatroniNode[], isSynchronous: boolean): Promise<PatroniNode> {
  return until(
    async () => {
      const primary = await primaryOf(nodes)
      const replication = await primary?.replication()
      const isReady = replication?.streaming === nodes.length - 1 && replication.hasSynchronous === isSynchronous
      return primary !== null && isReady ? primary : undefined
    },
    async () => (await Promise.all(nodes.map((node) => node.lastLines()))).join('\n'),
    startMsMax,
  )
}

async function startHaproxy(
  { directory }: ClusterOptions,
  nodes: readonly PatroniNode[],
  { values: { CLUSTER_CA } }: ClusterCertificates,
) {
  const [primaryPort, replicasPort] = [await portToKeep(), await portToKeep()]
  const values: Record<string, string | number> = {
    CLUSTER_CA,
    PRIMARY_LISTEN: `${host}:${primaryPort}`,
    REPLICAS_LISTEN: `${host}:${replicasPort}`,
  }
  for (const [index, node] of nodes.entries()) {
    values[`NODE${index + 1}_HOST`] = host
    values[`NODE${index + 1}_POSTGRES`] = `${host}:${node.postgresPort}`
    values[`NODE${index + 1}_PATRONI_PORT`] = node.checksPort
  }
  const file = await fillTemplate('cluster/haproxy.cfg.template', join(directory, 'haproxy.cfg'), values)
  const log = join(directory, 'haproxy.log')
  const started = plainProcess({ name: 'haproxy', command: 'haproxy', args: ['-db', '-f', file], log })
  return { process: started, primaryPort, replicasPort }
}

async function untilConnects(url: string, haproxy: PlainProcess): Promise<void> {
  await withPool({ url, name: 'cluster' }, async (pool) => {
    const connected = () =>
      pool.query('select').then(
        () => true,
        () => undefined,
      )
    await until(connected, () => lastLines(haproxy), startMsMax)
  })
}
