import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type DatabaseProxy, databaseProxy, portToKeep } from '@holdfast/testkit'
import type { ClusterCertificates } from './cluster-certificates.ts'
import { lastLines, type PlainProcess, plainProcess } from './plain-process.ts'
import { postgresProcesses, sendSignal } from './postgres-processes.ts'
import { postgresBinaries } from './programs.ts'
import { fillTemplate, giveTo } from './template.ts'

/** The ways of a node to others, each through a proxy that can hang, as if its network dropped all packets. */
type Wires = {
  etcd: DatabaseProxy
  /** The proxy for the other nodes, which ask each other who may become the primary. */
  patroni: DatabaseProxy
  /** The proxy for HAProxy, which asks who is the primary. */
  checks: DatabaseProxy
  /** The proxy for HAProxy, thus for clients. */
  clients: DatabaseProxy
  /** The proxy for the replication of the other nodes. */
  peers: DatabaseProxy
}

/** How many replicas stream from a node, and whether one of them may take over without losing anything. */
export type Replication = { streaming: number; hasSynchronous: boolean }

export type NodeOptions = {
  name: string
  directory: string
  cluster: string
  etcdHosts: string
  passwords: { superuser: string; replication: string; patroni: string }
  certificates: ClusterCertificates
  isStrict: boolean
  /** Whether it can be cut off from the others. */
  hasWires: boolean
  /** Where pgBackRest archives its WAL; null: nowhere. */
  repository: string | null
}

/** PostgreSQL's own user on Debian. */
export const postgresUser = 'postgres'

const host = '127.0.0.1'

/** One of the three nodes: Patroni, and the PostgreSQL that it starts. */
export class PatroniNode {
  readonly name: string
  /** Where HAProxy reaches it. */
  readonly postgresPort: number
  readonly checksPort: number
  /** Where it listens; not through a proxy. */
  readonly ownPostgresPort: number
  readonly #ownPatroniPort: number
  readonly #options: NodeOptions
  readonly #wires: Wires | null
  #process: PlainProcess | null = null

  private constructor(options: NodeOptions, own: { postgres: number; patroni: number }, wires: Wires | null) {
    this.name = options.name
    this.#options = options
    this.ownPostgresPort = own.postgres
    this.#ownPatroniPort = own.patroni
    this.#wires = wires
    this.postgresPort = wires === null ? own.postgres : portOf(wires.clients)
    this.checksPort = wires === null ? own.patroni : portOf(wires.checks)
  }

  static async create(options: NodeOptions): Promise<PatroniNode> {
    const own = { postgres: await portToKeep(), patroni: await portToKeep() }
    const wire = (port: number | string) => databaseProxy(`postgres://${host}:${port}`)
    const [, etcdPort = ''] = options.etcdHosts.split(/[,:]/)
    const wires = options.hasWires
      ? {
          etcd: await wire(etcdPort),
          patroni: await wire(own.patroni),
          checks: await wire(own.patroni),
          clients: await wire(own.postgres),
          peers: await wire(own.postgres),
        }
      : null
    const node = new PatroniNode(options, own, wires)
    await mkdir(options.directory, { recursive: true, mode: 0o700 })
    await giveTo(postgresUser, options.directory)
    await node.#configure()
    return node
  }

  async #configure(): Promise<void> {
    const { directory, cluster, passwords, certificates, isStrict } = this.#options
    const [postgresPort, patroniPort] =
      this.#wires === null
        ? [this.ownPostgresPort, this.#ownPatroniPort]
        : [portOf(this.#wires.peers), portOf(this.#wires.patroni)]
    const values = {
      ...certificates.values,
      CLUSTER: cluster,
      NODE: this.name,
      PATRONI_LISTEN: `${host}:${this.#ownPatroniPort}`,
      PATRONI_ADDRESS: `${host}:${patroniPort}`,
      PATRONI_PASSWORD: passwords.patroni,
      ETCD_HOSTS: this.#wires === null ? this.#options.etcdHosts : `${host}:${portOf(this.#wires.etcd)}`,
      SYNCHRONOUS_STRICT: String(isStrict),
      POSTGRES_LISTEN: `${host}:${this.ownPostgresPort}`,
      POSTGRES_ADDRESS: `${host}:${postgresPort}`,
      POSTGRES_DATA: join(directory, 'data'),
      POSTGRES_BIN: postgresBinaries() ?? '',
      POSTGRES_SOCKETS: directory,
      SHARED_BUFFERS: '128MB',
      SUPERUSER_PASSWORD: passwords.superuser,
      REPLICATION_PASSWORD: passwords.replication,
      NETWORK: `${host}/32`,
      ARCHIVE_MODE: this.#options.repository === null ? 'off' : 'on',
      BACKUP_REPOSITORY: this.#options.repository ?? '',
      BACKUP_CIPHER: passwords.patroni,
    }
    for (const file of this.#options.repository === null ? [] : ['pgbackrest.conf', 'pgpass']) {
      await fillTemplate(`cluster/${file}.template`, join(directory, file), values, postgresUser)
    }
    await fillTemplate('cluster/patroni.yml.template', join(directory, 'patroni.yml'), values, postgresUser)
  }

  /** A file of its directory. */
  fileOf(name: string): string {
    return join(this.#options.directory, name)
  }

  get pid(): number {
    return this.#process?.pid ?? 0
  }

  get superuserPassword(): string {
    return this.#options.passwords.superuser
  }

  get log(): string {
    return join(this.#options.directory, '..', `${this.name}.log`)
  }

  start(): void {
    this.#process = plainProcess({
      name: this.name,
      command: 'patroni',
      args: [join(this.#options.directory, 'patroni.yml')],
      log: this.log,
      user: postgresUser,
      env: {
        // Otherwise Patroni asks etcd for its own address, and goes there.
        ...(this.#wires === null ? {} : { PATRONI_ETCD_USE_PROXIES: 'true' }),
        // The archive_command uses it.
        PGBACKREST_CONFIG: this.fileOf('pgbackrest.conf'),
      },
    })
  }

  /** What Patroni says about a primary. @returns null: it does not answer */
  async replication(): Promise<Replication | null> {
    const [own, cluster] = await Promise.all([this.#getJson('/patroni'), this.#getJson('/cluster')])
    if (own === null || cluster === null) return null
    const replicas = (own.replication ?? []) as { state: string; sync_state: string }[]
    const members = (cluster.members ?? []) as { role: string }[]
    const isConfirming = replicas.some((replica) => replica.sync_state === 'sync')
    return {
      streaming: replicas.filter(({ state }) => state === 'streaming').length,
      // PostgreSQL waits for it, and etcd has its name: only then it may become the primary.
      hasSynchronous: isConfirming && members.some(({ role }) => role === 'sync_standby'),
    }
  }

  /** Whether HAProxy would send writes to it: it holds the lease. */
  async isPrimary(): Promise<boolean> {
    const response = await this.#send('/primary').catch(() => null)
    return response?.status === 200
  }

  /** Changes the settings of the cluster in etcd, as `patronictl edit-config` does. */
  async changeCluster(settings: object): Promise<void> {
    const { status, body } = await this.#send('/config', {
      method: 'PATCH',
      auth: `patroni:${this.#options.passwords.patroni}`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(settings),
      signal: AbortSignal.timeout(20_000),
    })
    if (status !== 200) throw new Error(`${this.name} refused the settings: ${status} ${body}`)
  }

  /** Kills Patroni and PostgreSQL, as a loss of power does. */
  async killMachine(): Promise<void> {
    const processes = await postgresProcesses(join(this.#options.directory, 'data'))
    this.#process?.signal('SIGKILL')
    sendSignal(processes, 'SIGKILL')
    await this.#process?.end('SIGKILL')
  }

  /** PostgreSQL alone, as when it crashes. Patroni is left. */
  async killPostgres(): Promise<void> {
    sendSignal(await postgresProcesses(join(this.#options.directory, 'data')), 'SIGKILL')
  }

  /** All its processes, as when its machine is suspended. */
  async pause(): Promise<void> {
    this.#process?.signal('SIGSTOP')
    sendSignal(await postgresProcesses(join(this.#options.directory, 'data')), 'SIGSTOP')
  }

  async resume(): Promise<void> {
    sendSignal(await postgresProcesses(join(this.#options.directory, 'data')), 'SIGCONT')
    this.#process?.signal('SIGCONT')
  }

  /**
   * Its network drops all packets. Patroni's requests to the other nodes are dropped at those, so that they don't
   * reach each other either: a proxy can't tell them apart.
   */
  cutOff(others: readonly PatroniNode[]): void {
    for (const wire of Object.values(this.#requireWires())) wire.hang()
    for (const other of others) other.#requireWires().patroni.hang()
  }

  /** The replicas get nothing more from it, while clients do. */
  cutOffReplicas(): void {
    this.#requireWires().peers.hang()
  }

  async reconnect(others: readonly PatroniNode[]): Promise<void> {
    const wires = [...Object.values(this.#requireWires()), ...others.map((other) => other.#requireWires().patroni)]
    for (const wire of wires) {
      // What hung is lost: its packets are not sent again.
      await wire.cut()
      await wire.restore()
    }
  }

  #send(path: string, options: Parameters<ClusterCertificates['send']>[1] = {}) {
    return this.#options.certificates.send(`https://${host}:${this.#ownPatroniPort}${path}`, options)
  }

  /** @returns null: it does not answer */
  async #getJson(path: string): Promise<Record<string, unknown> | null> {
    try {
      return JSON.parse((await this.#send(path)).body) as Record<string, unknown>
    } catch {
      return null
    }
  }

  #requireWires(): Wires {
    if (this.#wires === null) throw new Error(`${this.name} was created without proxies.`)
    return this.#wires
  }

  hasEnded(): boolean {
    return this.#process?.hasEnded() ?? true
  }

  async end(): Promise<void> {
    await this.resume()
    await this.#process?.end()
    // A Patroni that was killed leaves its PostgreSQL running.
    sendSignal(await postgresProcesses(join(this.#options.directory, 'data')), 'SIGKILL')
    for (const wire of Object.values(this.#wires ?? {})) await wire.end()
  }

  /** The end of its log, for an error. */
  lastLines(): Promise<string> {
    return this.#process === null ? Promise.resolve(`${this.name} was not started`) : lastLines(this.#process)
  }
}

function portOf(proxy: DatabaseProxy): number {
  return Number(new URL(proxy.url).port)
}
