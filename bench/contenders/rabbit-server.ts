import { execFile, spawn } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'

export type RabbitServer = {
  url: string
  /** Messages in a queue, as the server has counted them in the last seconds. */
  messagesIn(queue: string): Promise<number>
  stop(): Promise<void>
}

const startSecondsMax = 120
/** Debian's command of the same name is a wrapper, which changes to the account and the directories of its service. */
const scripts = '/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server'
/** Both end with their stdin, which closes when we stop them or when this process ends. */
const untilStdinEnds = `epmd -port "$ERL_EPMD_PORT" -address 127.0.0.1 </dev/null & epmd=$!
"$1" </dev/null & cat >/dev/null; kill -9 $! $epmd; wait`

/** Why no RabbitMQ server can be started here; null: it can. */
export function whyNoRabbit(): string | null {
  if (globSync(scripts).length === 0) return "RabbitMQ is missing: install Debian's package rabbitmq-server"
  const paths = (process.env.PATH ?? '').split(delimiter)
  return paths.some((path) => existsSync(join(path, 'epmd'))) ? null : 'epmd is missing: install erlang-base'
}

/** Starts RabbitMQ in a new directory, on free ports of 127.0.0.1; see {@link whyNoRabbit}. */
export async function startRabbit(): Promise<RabbitServer> {
  const [script = ''] = globSync(scripts)
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-rabbit-'))
  await mkdir(join(directory, 'home'))
  await writeFile(join(directory, 'plugins'), '[].\n')
  const [port, distPort, epmdPort] = await freePorts()
  const env = {
    PATH: `${dirname(script)}${delimiter}${process.env.PATH}`,
    HOME: join(directory, 'home'),
    ERL_EPMD_PORT: String(epmdPort),
    // The process that is started is the server.
    RABBITMQ_ALLOW_INPUT: '1',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-noinput +sbwt none',
    RABBITMQ_NODENAME: `bench-${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distPort),
    RABBITMQ_MNESIA_BASE: join(directory, 'data'),
    RABBITMQ_LOG_BASE: join(directory, 'log'),
    RABBITMQ_LOGS: '-',
    RABBITMQ_CONFIG_FILE: join(directory, 'none'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(directory, 'plugins'),
  }
  const child = spawn('sh', ['-c', untilStdinEnds, 'sh', script], { env, stdio: ['pipe', 'pipe', 'ignore'] })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  let said = ''
  child.stdout.on('data', (part: Buffer) => {
    said = `${said}${part}`.slice(-20_000)
  })
  const stop = async () => {
    child.stdin.end()
    await ended
    await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  }
  const endMs = performance.now() + startSecondsMax * 1_000
  while (!said.includes('Server startup complete')) {
    if (child.exitCode !== null || performance.now() > endMs) {
      await stop()
      throw new Error(`RabbitMQ was not ready within ${startSecondsMax} s:\n${said.slice(-2_000)}`)
    }
    await delay(100)
  }
  return {
    url: `amqp://guest:guest@127.0.0.1:${port}`,
    async messagesIn(queue) {
      const { stdout } = await promisify(execFile)('rabbitmqctl', ['--quiet', 'list_queues', 'name', 'messages'], {
        env,
      })
      const line = stdout.split('\n').find((one) => one.startsWith(`${queue}\t`))
      return Number(line?.split('\t')[1] ?? 0)
    },
    stop,
  }
}

/** Three different ports, free a moment ago. */
async function freePorts(): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: 3 }, async () => {
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      return server
    }),
  )
  return Promise.all(
    servers.map(async (server) => {
      const address = server.address()
      await new Promise((resolve) => server.close(resolve))
      return typeof address === 'object' ? (address?.port ?? 0) : 0
    }),
  )
}
