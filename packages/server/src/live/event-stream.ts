import type { FastifyReply } from 'fastify'

const retryMs = 2_000

/** A response of server-sent events that stays open. Begins with the first event: until then it can be refused. */
export class EventStream {
  readonly #reply: FastifyReply
  #hadUnread = false

  constructor(reply: FastifyReply) {
    this.#reply = reply
  }

  /** Writes nothing if either side has ended it. */
  send(event: string | Uint8Array): void {
    const response = this.#reply.raw
    if (response.writableEnded || response.destroyed) return
    if (!response.headersSent) this.#begin()
    response.write(event)
  }

  /** Writes a comment, or closes a connection on which nothing was read since the last one. @param fields with it */
  beat(fields = ''): void {
    const response = this.#reply.raw
    if (!response.headersSent) return
    const isStuck = this.#hadUnread && response.writableLength > 0
    this.#hadUnread = response.writableLength > 0
    if (isStuck) response.destroy()
    else this.send(`: still here\n${fields}\n`)
  }

  end(): void {
    const response = this.#reply.raw
    if (!response.headersSent) response.destroy()
    else if (!response.writableEnded && !response.destroyed) response.end()
  }

  /** Takes over the raw response, with the headers that the hooks have set (CORS, security). */
  #begin(): void {
    const reply = this.#reply
    void reply.headers({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      // Without this, nginx would buffer the events.
      'x-accel-buffering': 'no',
    })
    reply.hijack()
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) reply.raw.setHeader(name, value)
    reply.raw.writeHead(200)
    reply.raw.write(`retry: ${retryMs}\n\n`)
  }
}
