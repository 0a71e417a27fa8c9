import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A Redis server of a test: a plain process on a free port, with a new directory. */
export type RedisServer = {
  url: string
  /** The path of its socket, which is faster. */
  socket: string
  /** Sends a signal: SIGSTOP pauses it, SIGCONT lets it go on. */
  signal(signal: NodeJS.Signals): void
  /** Ends it at once, as a lost machine does. All that it stored is lost. */
  kill(): Promise<void>
  /** Starts it on the same port, after {@link kill}. */
  start(): Promise<void>
  /** Runs one command of redis-cli. @returns what it printed */
  command(...words: string[]): string
  /** It replies to nobody for so long from now on, nor to this once it was paused before. */
  pause(ms: number): Promise<void>
  stop(): Promise<void>
}

/** Why no Redis server can be started here; null: one can. CI installs it. */
export function whyNoRedis(): string | null {
  return spawnSync('redis-server', ['--version']).error === undefined ? null : 'missing: redis-server'
}

export async function startRedisServer(): Promise<RedisServer> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-redis-'))
  const port = await freePort()
  const socket = join(directory, 'redis.sock')
  let child = await startOn(port, socket, directory)
  const kill = async () => {
    const ended = once(child, 'exit')
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await ended
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    socket,
    signal: (signal) => void child.kill(signal),
    kill,
    async start() {
      child = await startOn(port, socket, directory)
    },
    command: (...words) => spawnSync('redis-cli', ['-p', String(port), ...words], { encoding: 'utf8' }).stdout,
    async pause(ms) {
      const client = spawn('redis-cli', ['-p', String(port), 'CLIENT', 'PAUSE', String(ms), 'ALL'], { stdio: 'ignore' })
      await once(client, 'exit')
    },
    async stop() {
      await kill()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function startOn(port: number, socket: string, directory: string): Promise<ChildProcess> {
  const listening = ['--port', String(port), '--bind', '127.0.0.1', '--unixsocket', socket]
  const args = [...listening, '--save', '', '--appendonly', 'no', '--dir', directory]
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  const ready = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk) => {
      output += String(chunk)
      if (output.includes('Ready to accept connections')) resolve()
    })
  })
  const ended = once(child, 'exit').then(() => {
    throw new Error(`redis-server ended before it was ready:\n${output}`)
  })
  await Promise.race([ready, ended])
  ended.catch(() => undefined)
  return child
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('There is no free port.')
  return address.port
}
