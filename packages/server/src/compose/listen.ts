import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { createServer, isIPv6 } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../config/config.ts'
import { StartError } from '../lifecycle/start-error.ts'

/** `setting`: the one that names the port. */
type Port = { setting: 'PORT' | 'HOLDFAST_METRICS_PORT' | 'HOLDFAST_WORKER_PORT'; port: number }

/**
 * Looks before there is anything to serve. Later it must not: a request of a proxy that reached it would be lost.
 *
 * @throws StartError as `listen`
 */
export async function requireFreePort({ host, port }: Pick<Config, 'host' | 'port'>): Promise<void> {
  const server = createServer()
  try {
    const { address } = await lookup(host, { order: 'ipv4first' })
    await once(server.listen({ host: address, port }), 'listening')
    server.close()
  } catch (error) {
    throw listenError(error, host, { setting: 'PORT', port })
  }
}

/** @returns the address, for example `http://127.0.0.1:3000` @throws StartError if it cannot listen there */
export async function listen(app: FastifyInstance, { host }: Pick<Config, 'host'>, asked: Port): Promise<string> {
  const { port } = asked
  try {
    // On the other addresses of localhost, Fastify would listen with further servers, which have no limits.
    const { address } = await lookup(host, { order: 'ipv4first' })
    await app.listen({ host: address, port })
  } catch (error) {
    throw listenError(error, host, asked)
  }
  const address = app.server.address()
  const actualPort = typeof address === 'object' && address !== null ? address.port : port
  return `http://${isIPv6(host) ? `[${host}]` : host}:${actualPort}`
}

function listenError(error: unknown, host: string, { setting, port }: Port): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : null
  if (code === 'EADDRINUSE') {
    return new StartError(
      `Port ${port} of ${host} is in use by another program. Stop it, or choose another port: ${setting}=${port + 1}.`,
    )
  }
  if (code === 'EACCES') {
    return new StartError(`This user may not listen on port ${port}. Choose a port above 1023 with ${setting}.`)
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new StartError(`HOST=${host} is not an address of this machine. Use 127.0.0.1, or 0.0.0.0 for all networks.`)
  }
  return error
}
