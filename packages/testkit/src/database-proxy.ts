import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { portToKeep } from './port-to-keep.ts'

export type DatabaseProxy = {
  /** The same login and database, through the proxy. */
  url: string
  /** Ends all connections; new ones are refused until `restore`. */
  cut(): Promise<void>
  restore(): Promise<void>
  /**
   * Stops forwarding in both directions without closing anything, like a network that drops all packets. New
   * connections are accepted and hang too, until `forwardNew` or `restore`.
   */
  hang(): void
  /** Forwards connections that are opened from now on; those that hang stay as they are. */
  forwardNew(): void
  /** Forwards new connections to the server of this URL, as when a name in the DNS points to another one. */
  pointTo(databaseUrl: string): void
  end(): Promise<void>
}

/** A TCP proxy in front of a test's PostgreSQL, so that a test can cut one server off from the database. */
export async function databaseProxy(databaseUrl: string): Promise<DatabaseProxy> {
  let target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  let isHanging = false
  const server = createServer((inner) => {
    const socketDirectory = target.searchParams.get('host')
    const port = Number(target.port || 5432)
    const outer = socketDirectory?.startsWith('/')
      ? connect(`${socketDirectory}/.s.PGSQL.${port}`)
      : connect(port, target.hostname)
    for (const [socket, other] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(socket)
      if (!isHanging) socket.pipe(other)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
  })
  // The port is closed during `cut`, and has to be free for `restore`.
  const listeningPort = await portToKeep()
  const listen = async () => {
    server.listen(listeningPort, '127.0.0.1')
    await once(server, 'listening')
  }
  await listen()
  const url = new URL(databaseUrl)
  url.searchParams.delete('host')
  url.host = `127.0.0.1:${listeningPort}`
  const cut = async () => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
  }
  return {
    url: url.href,
    cut,
    async restore() {
      isHanging = false
      await listen()
    },
    hang() {
      isHanging = true
      for (const socket of sockets) socket.unpipe().pause()
    },
    forwardNew() {
      isHanging = false
    },
    pointTo(other) {
      target = new URL(other)
    },
    end: cut,
  }
}
