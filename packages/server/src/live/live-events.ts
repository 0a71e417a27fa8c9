import type { Position } from '@holdfast/contract/position'
import type { FastifyReply } from 'fastify'
import { problem } from '../edge/errors/problem-error.ts'
import { EventStream } from './event-stream.ts'
import { LiveFrame } from './live-frame.ts'
import type { LivePlaces } from './live-places.ts'

/**
 * Serves one stream of server-sent events until either side ends it.
 *
 * @throws ProblemError doctor_not_found when none of the doctors is known, unavailable
 */
export async function serveEvents(
  hub: LivePlaces,
  reply: FastifyReply,
  doctorIds: readonly string[],
  after: readonly Position[] | null,
): Promise<void> {
  const stream = new EventStream(reply)
  const subscriber = hub.connect({
    kind: 'events',
    send: (frame: LiveFrame) => stream.send(frame.event),
    bufferedBytes: () => reply.raw.writableLength,
    end: () => stream.end(),
    destroy: () => reply.raw.destroy(),
    // An id without an event: the client sends it as Last-Event-ID when it reconnects.
    beat: (position) => stream.beat(`id: ${position}\n`),
  })
  const close = () => hub.disconnect(subscriber)
  reply.raw.once('close', close)
  const outcome = await hub.subscribe(subscriber, doctorIds, after)
  if (outcome.kind !== 'subscribed') close()
  switch (outcome.kind) {
    case 'subscribed':
      if (outcome.unknown.length > 0 && !subscriber.isClosed) {
        const message = 'There are no such active doctors.'
        const refusal = { type: 'error', code: 'doctor_not_found', message, doctorIds: outcome.unknown } as const
        subscriber.transport.send(new LiveFrame(refusal))
      }
      return
    case 'none_known':
      throw problem('doctor_not_found', 'There are no such active doctors.')
    case 'too_many':
      throw problem(
        'invalid_request',
        `One connection follows at most ${hub.settings.doctorsPerConnectionMax} doctors.`,
      )
    case 'unavailable':
      throw problem('unavailable', 'The database cannot be reached now.', { retryAfterSeconds: 1 })
  }
}
