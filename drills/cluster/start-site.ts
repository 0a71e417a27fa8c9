import { randomBytes } from 'node:crypto'
import { type DatabaseProxy, databaseProxy, portToKeep } from '@holdfast/testkit'
import type { Ending } from './ending.ts'
import { holdfast, ownProgram, untilReady } from './holdfast-process.ts'
import type { PlainProcess } from './plain-process.ts'
import { type SiteNginx, startNginx } from './start-nginx.ts'

/** A server behind nginx. */
export type SiteServer = {
  url: string
  process: PlainProcess
  /** nginx's way to it, which can hang; null: it has none of its own. */
  wire: DatabaseProxy | null
  /** Starts it again after it has ended. @param program of another version; by default, the same as before */
  restart(program?: string): Promise<void>
}

/** nginx with TLS, and the servers and the worker behind it. */
export type Site = {
  /** The site's address, which nginx serves. */
  url: string
  /** What a client has to trust: the certificate signed itself. */
  certificate: string
  servers: SiteServer[]
  worker: PlainProcess
  nginx: SiteNginx
  /** HOLDFAST_SECRET of the servers: a command of Holdfast on their database needs it. */
  secret: string
  /** All that the servers have in common. */
  settings: Record<string, string>
}

export type SiteOptions = {
  directory: string
  databaseUrl: string
  settings: Record<string, string>
  administrator: { email: string; password: string }
  /** Whether servers can be cut off from nginx. */
  hasWires: boolean
  /** The program of the version that is started. Default: that of this checkout. */
  program?: string
  ports?: { http: number; https: number }
  say(line: string): void
  ending: Ending
}

const host = '127.0.0.1'

/** Starts two servers, a worker and nginx on a database. */
export async function startSite(options: SiteOptions): Promise<Site> {
  const { directory, say, ending } = options
  const ports = options.ports ?? { http: await portToKeep(), https: await portToKeep() }
  const url = `https://localhost:${ports.https}`
  const secret = randomBytes(32).toString('hex')
  const settings = {
    DATABASE_URL: options.databaseUrl,
    HOLDFAST_SECRET: secret,
    HOLDFAST_URL: url,
    HOLDFAST_TRUSTED_PROXIES: '1',
    HOLDFAST_DEMO: 'off',
    HOLDFAST_ADMIN_EMAIL: options.administrator.email,
    HOLDFAST_ADMIN_PASSWORD: options.administrator.password,
    ...options.settings,
  }
  const servers: SiteServer[] = []
  // The first one creates the tables and the administrator.
  for (const name of ['server1', 'server2']) {
    say(`starting ${name}`)
    servers.push(await startServer(name, options, settings))
  }
  const worker = holdfast('worker', 'worker', directory, settings, options.program)
  await ending.add('to stop the worker', () => worker.end())
  say('starting nginx')
  const { certificate, nginx } = await startNginx(
    directory,
    ports,
    servers.map(({ url, wire }) => wire?.url ?? url),
  )
  await ending.add('to stop nginx', () => nginx.process.end())
  return { url, certificate, servers, worker, nginx, secret, settings }
}

async function startServer(
  name: string,
  { directory, ending, hasWires, program = ownProgram }: SiteOptions,
  settings: Record<string, string>,
): Promise<SiteServer> {
  const port = await portToKeep()
  const url = `http://${host}:${port}`
  const env = { ...settings, PORT: String(port), HOLDFAST_WORKER: 'off' }
  const start = (version: string) => holdfast(name, 'start', directory, env, version)
  const server: SiteServer = {
    url,
    process: start(program),
    wire: hasWires ? await databaseProxy(url) : null,
    async restart(version = program) {
      server.process = start(version)
      await untilReady(server.process, url)
    },
  }
  await ending.add(`to stop ${name}`, async () => {
    await server.process.end()
    await server.wire?.end()
  })
  await untilReady(server.process, url)
  return server
}
