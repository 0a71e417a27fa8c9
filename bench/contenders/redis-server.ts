import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'

export type RedisServer = { socket: string; version: string; stop(): Promise<void> }

const startSecondsMax = 10
/** Redis ends with its stdin, which closes when we stop it or when this process ends. */
const untilStdinEnds = 'redis-server "$@" >/dev/null 2>&1 </dev/null & cat >/dev/null; kill $!; wait'

/**
 * Starts Redis on a socket in a new directory, so that nothing else can reach it.
 *
 * @throws Error that says what to install when it is missing
 */
export async function startRedis(): Promise<RedisServer> {
  const shown = spawnSync('redis-server', ['--version'], { encoding: 'utf8' })
  if (shown.error !== undefined) {
    throw new Error("redis-server is missing; baseline 6 needs it. Install Debian's package redis-server.")
  }
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-redis-'))
  const socket = join(directory, 'redis.sock')
  const args = ['--port', '0', '--unixsocket', socket, '--save', '', '--appendonly', 'no', '--dir', directory]
  const child = spawn('sh', ['-c', untilStdinEnds, 'sh', ...args], { stdio: ['pipe', 'ignore', 'ignore'] })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const stop = async () => {
    child.stdin.end()
    await ended
    await rm(directory, { recursive: true, force: true })
  }
  if (!(await untilReady(socket))) {
    await stop()
    throw new Error(`redis-server did not respond on ${socket} within ${startSecondsMax} s.`)
  }
  return { socket, version: /v=([\d.]+)/.exec(shown.stdout)?.[1] ?? 'unknown', stop }
}

async function untilReady(socket: string): Promise<boolean> {
  const until = performance.now() + startSecondsMax * 1000
  while (performance.now() < until) {
    const redis = new Redis({ path: socket, lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 })
    redis.on('error', () => undefined)
    try {
      await redis.connect()
      if ((await redis.ping()) === 'PONG') return true
    } catch {
      await delay(50)
    } finally {
      redis.disconnect()
    }
  }
  return false
}
