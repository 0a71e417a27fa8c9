import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { Agent, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { portToKeep, until } from '@holdfast/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { documentedCommands } from '../../test/deploy/documented-commands.ts'
import { whyNoCluster } from '../cluster/programs.ts'
import { startNginx } from '../cluster/start-nginx.ts'
import { runNginxScript, runWithNginx } from './nginx-scripts.ts'

const reason = whyNoCluster(['nginx', 'openssl', 'setpriv'])
if (reason !== null) console.warn(`Canaries are not tested here: ${reason}`)

/** A stand-in for a server of Holdfast, with its metrics. */
class StandIn {
  requests = 0
  /** Every how many requests one fails; 0: none does. */
  failsEvery = 0
  readonly #server: Server
  readonly #statuses = new Map<number, number>()

  constructor() {
    this.#server = createServer((incoming, response) => {
      if (incoming.url === '/metrics') return void response.end(this.#metrics())
      this.requests += 1
      const status = this.failsEvery > 0 && this.requests % this.failsEvery === 0 ? 500 : 200
      this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1)
      response.writeHead(status).end()
    })
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  end(): void {
    this.#server.close().closeAllConnections()
  }

  #metrics(): string {
    const line = ([status, count]: [number, number]) =>
      `holdfast_http_request_duration_seconds_bucket{le="0.01",route="/api/v1/doctors",status="${status}"} ${count}\n`
    return [...this.#statuses].map(line).join('')
  }
}

const root = join(import.meta.dirname, '../..')
const [old, next] = [new StandIn(), new StandIn()]
let site: Awaited<ReturnType<typeof startNginx>>
let directory: string
let https: number

/** Requests, one after the other over several connections, until it is stopped. */
function traffic() {
  let isOver = false
  const client = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    while (!isOver) {
      const sent = request({ host: '127.0.0.1', port: https, path: '/api/v1/doctors', ca: site.certificate, agent })
      sent.end()
      // nginx closes connections when it reads its files again.
      const response = await once(sent, 'response').catch(() => null)
      response?.[0].resume()
      if (response !== null) await once(response[0], 'end')
    }
    agent.destroy()
  }
  const clients = Promise.all(Array.from({ length: 4 }, client))
  return async () => {
    isOver = true
    await clients
  }
}

const run = (script: 'share' | 'canary', ...args: string[]) => runNginxScript(site.nginx, script, args)
const canary = (...args: string[]) => run('canary', old.host, next.host, ...args)

describe.runIf(reason === null)('a canary', () => {
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'hf-canary-'))
    await chmod(directory, 0o711)
    await Promise.all([old.listen(), next.listen()])
    https = await portToKeep()
    const ports = { http: await portToKeep(), https }
    site = await startNginx(
      directory,
      ports,
      [old, next].map(({ host }) => `http://${host}`),
    )
  })
  beforeEach(async () => {
    next.failsEvery = 0
    await run('share', next.host, '0')
  })
  afterAll(async () => {
    await site?.nginx.process.end()
    for (const one of [old, next]) one.end()
    await rm(directory, { recursive: true, force: true })
  })

  /** Waits until this one alone gets requests. */
  async function untilAloneServed(served: StandIn, other: StandIn): Promise<void> {
    await until(async () => {
      const [before, others] = [served.requests, other.requests]
      await until(async () => served.requests > before + 50, 'more requests')
      return other.requests === others
    }, 'one server to get all requests')
  }

  test('a new version that works gets one of ten requests, and then all', async () => {
    const stop = traffic()
    const [ofOld, ofNew] = [old.requests, next.requests]
    const printed = await canary('--requests', '100')
    expect(printed).toMatch(/^One of ten requests goes to \S+\.\nforward: .*\nAll requests go to \S+\.\n$/s)
    // Nine times as many, while the canary had its hundred.
    expect(old.requests - ofOld).toBeGreaterThan(5 * 100)
    expect(next.requests).toBeGreaterThan(ofNew)
    await untilAloneServed(next, old)
    await stop()
  })

  test('one that fails gets none any more', async () => {
    next.failsEvery = 5
    const stop = traffic()
    const refused = {
      code: 1,
      stdout: expect.stringMatching(/back: \d+ of \d+ requests failed .*\nNo requests go to/s),
    }
    await expect(canary('--requests', '100')).rejects.toMatchObject(refused)
    await untilAloneServed(old, next)
    await stop()
  })

  test('without requests, nothing is decided by chance: it goes back', async () => {
    await expect(canary('--at-most', '1')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('not each of them has completed 500 requests'),
    })
    expect(await readFile(site.nginx.site, 'utf8')).toMatch(new RegExp(`server ${next.host} .* down;`))
  })

  test('a server that is not there, a wrong share, and files that nginx refuses change nothing', async () => {
    const before = await readFile(site.nginx.site, 'utf8')
    const refused = async (...args: string[]) => {
      const error = await run('share', ...args).catch((thrown: unknown) => thrown)
      expect(await readFile(site.nginx.site, 'utf8')).toBe(before)
      return error
    }
    expect(await refused('127.0.0.1:1', '10')).toMatchObject({ stderr: expect.stringMatching(/is not a server of/) })
    expect(await refused(next.host, '101')).toMatchObject({ stderr: expect.stringMatching(/from 0 to 100/) })
    const broken = { ...site.nginx, command: 'false' }
    const thrown = await runNginxScript(broken, 'share', [next.host, '50']).catch((error: unknown) => error)
    expect(thrown).toMatchObject({ stderr: expect.stringMatching(/as it was before/) })
    expect(await readFile(site.nginx.site, 'utf8')).toBe(before)
  })

  test('the shares of servers that the site of a cluster has in one line are set', async () => {
    const before = await readFile(site.nginx.site, 'utf8')
    await writeFile(site.nginx.site, before.replace(/;\n *server /, '; server '))
    await run('share', next.host, 'equal')
    const text = await readFile(site.nginx.site, 'utf8')
    for (const { host } of [old, next]) expect(text).toMatch(new RegExp(`^ *server ${host} .* weight=1;$`, 'm'))
  })

  test('the commands of upgrade-servers.md lead to a new version with as many requests as the old one', async () => {
    const stop = traffic()
    for (const script of documentedCommands('upgrade-servers.md')) {
      const own = script.replace('10.0.0.1:3000', old.host).replace('10.0.0.2:3000', next.host).replace('1000', '100')
      await runWithNginx(site.nginx, 'sh', ['-ec', own.replace('/opt/holdfast/current', root)])
    }
    await stop()
    const text = await readFile(site.nginx.site, 'utf8')
    for (const { host } of [old, next]) expect(text).toMatch(new RegExp(`server ${host} .* weight=1;`))
  })
})
