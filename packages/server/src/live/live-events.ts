import type { ServerResponse } from 'node:http'
import type { Position } from '@holdfast/contract/position'
import type { FastifyReply } from 'fastify'
import { problem } from '../edge/problem-error.ts'
import { LiveFrame } from './live-frame.ts'
import type { LiveHub } from './live-hub.ts'

const retryMs = 2_000

/**
 * Serves one stream of server-sent events until either side ends it.
 *
 * @throws ProblemError doctor_not_found when none of the doctors is known, unavailable
 */
export async function serveEvents(
  hub: LiveHub,
  reply: FastifyReply,
  doctorIds: readonly string[],
  after: Position | null,
): Promise<void> {
  const response = reply.raw
  let bufferedBefore = false
  const subscriber = hub.connect({
    kind: 'events',
    send(frame: LiveFrame) {
      if (response.writableEnded || response.destroyed) return
      if (!response.headersSent) begin(reply)
      response.write(frame.event)
    },
    bufferedBytes: () => response.writableLength,
    end: () => (response.headersSent ? response.end() : response.destroy()),
    destroy: () => response.destroy(),
    beat(position) {
      if (!response.headersSent || response.writableEnded) return
      // Nothing was read since the last heartbeat: the client is gone.
      const isStuck = bufferedBefore && response.writableLength > 0
      bufferedBefore = response.writableLength > 0
      if (isStuck) response.destroy()
      // An id without an event: the client sends it as Last-Event-ID when it reconnects.
      else response.write(`: still here\nid: ${position}\n\n`)
    },
  })
  const close = () => hub.disconnect(subscriber)
  response.once('close', close)
  const outcome = await hub.subscribe(subscriber, doctorIds, after)
  switch (outcome.kind) {
    case 'subscribed':
      if (outcome.unknown.length > 0 && !subscriber.isClosed) {
        const message = 'There are no such active doctors.'
        const refusal = { type: 'error', code: 'doctor_not_found', message, doctorIds: outcome.unknown } as const
        subscriber.transport.send(new LiveFrame(refusal))
      }
      return
    case 'none_known':
      close()
      throw problem('doctor_not_found', 'There are no such active doctors.')
    case 'too_many':
      close()
      throw problem(
        'invalid_request',
        `One connection follows at most ${hub.settings.doctorsPerConnectionMax} doctors.`,
      )
    case 'unavailable':
      close()
      throw problem('unavailable', 'The database cannot be reached now.', { retryAfterSeconds: 1 })
  }
}

/** Takes over the raw response, with the headers that the hooks have set (CORS, security). */
function begin(reply: FastifyReply): void {
  void reply.headers({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    // Without this, nginx would buffer the events.
    'x-accel-buffering': 'no',
  })
  reply.hijack()
  const response: ServerResponse = reply.raw
  // Heartbeats decide whether the client is still there.
  response.socket?.setTimeout(0)
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) response.setHeader(name, value)
  response.writeHead(200)
  response.write(`retry: ${retryMs}\n\n`)
}
