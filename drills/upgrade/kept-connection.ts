import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import { text } from 'node:stream/consumers'

export type Sent = { method: 'GET' | 'POST'; path: string; headers: Record<string, string>; body?: unknown }
export type Received = { status: number; body: Record<string, unknown> }

/** There was no response. */
export class NoResponse extends Error {
  override name = 'NoResponse'
  /** Whether the connection had carried requests before: its end may have met this one on its way. */
  readonly wasReused: boolean

  constructor(reason: string, wasReused: boolean) {
    super(reason)
    this.wasReused = wasReused
  }
}

const responseMsMax = 60_000

/** A client with one connection, which stays open between its requests. Nothing is repeated here. */
export class KeptConnection {
  readonly #url: string
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })

  constructor(url: string) {
    this.#url = url
  }

  /** @throws NoResponse */
  async send({ method, path, headers, body }: Sent): Promise<Received> {
    const sentBody = body === undefined ? '' : JSON.stringify(body)
    const contentHeaders = body === undefined ? {} : { 'content-type': 'application/json' }
    const outgoing = request(new URL(path, this.#url), {
      method,
      agent: this.#agent,
      headers: { ...headers, ...contentHeaders, 'content-length': String(Buffer.byteLength(sentBody)) },
      signal: AbortSignal.timeout(responseMsMax),
    })
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        outgoing.once('response', resolve)
        outgoing.once('error', reject)
        outgoing.end(sentBody)
      })
      const received = await text(response)
      const isJson = /json/.test(response.headers['content-type'] ?? '')
      return { status: response.statusCode ?? 0, body: isJson ? (JSON.parse(received) as Received['body']) : {} }
    } catch (error) {
      const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error)
      throw new NoResponse(reason, outgoing.reusedSocket)
    }
  }

  /** The next request opens a connection, as that of a new visitor does. */
  disconnect(): void {
    for (const sockets of Object.values(this.#agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy()
  }

  close(): void {
    this.#agent.destroy()
  }
}
