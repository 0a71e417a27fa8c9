import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { until } from './barrier.ts'
import { endProcess } from './end-process.ts'
import { portToKeep } from './port-to-keep.ts'

/** A RabbitMQ server in a new directory, on free ports. */
export type RabbitServer = {
  url: string
  /** The URL without credentials, as errors name it. */
  at: string
  /** Runs a shell script with its `rabbitmqctl`. @returns what it printed */
  run(script: string): Promise<string>
  /** What is stored is there after the next start. */
  stop(how: 'SIGTERM' | 'SIGKILL'): Promise<void>
  start(): Promise<void>
  /** Stops it, and removes everything. */
  end(): Promise<void>
}

const startsWithinMs = 300_000
const scriptMsMax = 120_000
/** Debian's command of the same name is a wrapper, which changes to the account and the directories of its service. */
const scripts = '/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server'

/** Why no RabbitMQ server can be started here; null: it can. */
export function whyNoRabbit(): string | null {
  if (globSync(scripts).length === 0) return 'missing: RabbitMQ (Debian’s package rabbitmq-server)'
  const paths = (process.env.PATH ?? '').split(delimiter)
  return paths.some((path) => existsSync(join(path, 'epmd'))) ? null : 'missing: epmd (Debian’s package erlang-base)'
}

/**
 * Starts one; see {@link whyNoRabbit}.
 *
 * @param schedulers of Erlang: one is enough for a test
 */
export async function rabbitServer(schedulers = '+S 2:1'): Promise<RabbitServer> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-rabbit-'))
  const [port, distPort, epmdPort] = [await portToKeep(), await portToKeep(), await portToKeep()]
  await mkdir(join(directory, 'home'))
  await writeFile(join(directory, 'plugins'), '[].\n')
  // Erlang would start one that stays.
  const epmd = spawn('epmd', ['-port', String(epmdPort), '-address', '127.0.0.1'], { stdio: 'ignore' })
  await once(epmd, 'spawn')
  const env = {
    PATH: `${dirname(globSync(scripts)[0] ?? '')}${delimiter}${process.env.PATH}`,
    HOME: join(directory, 'home'),
    ERL_EPMD_PORT: String(epmdPort),
    // The process that is started is the server.
    RABBITMQ_ALLOW_INPUT: '1',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `-noinput ${schedulers} +sbwt none`,
    RABBITMQ_NODENAME: `holdfast-${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distPort),
    RABBITMQ_MNESIA_BASE: join(directory, 'data'),
    RABBITMQ_LOG_BASE: join(directory, 'log'),
    RABBITMQ_LOGS: '-',
    RABBITMQ_CONFIG_FILE: join(directory, 'none'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(directory, 'plugins'),
  }
  let server: ChildProcess | null = null
  const start = async () => {
    let printed = ''
    const child = spawn(globSync(scripts)[0] ?? '', [], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    server = child
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (part: Buffer) => {
        printed = `${printed}${part.toString()}`.slice(-100_000)
      })
    }
    await until(
      async () => {
        if (child.exitCode !== null) throw new Error(`RabbitMQ ended with ${child.exitCode}:\n${printed}`)
        return printed.includes('Server startup complete') && (await accepts(port)) ? true : undefined
      },
      () => `RabbitMQ to start: ${printed.slice(-2_000)}`,
      startsWithinMs,
    ).catch(async (error: unknown) => {
      await endProcess(child, 'SIGKILL')
      throw error
    })
  }
  const stop = async (how: NodeJS.Signals) => {
    const child = server
    server = null
    await endProcess(child, how)
  }
  const end = async () => {
    await stop('SIGKILL')
    await endProcess(epmd, 'SIGKILL')
    await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  }
  await start().catch(async (error: unknown) => {
    await end()
    throw error
  })
  const run = async (script: string) =>
    (await promisify(execFile)('sh', ['-ec', script], { env, timeout: scriptMsMax })).stdout
  return { url: `amqp://guest:guest@127.0.0.1:${port}`, at: `127.0.0.1:${port}`, run, start, stop, end }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}
