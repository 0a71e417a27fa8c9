import { restOperations, theatreLivePath } from '@holdfast/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Principal } from '../edge/authentication/principal.ts'
import { type ConnectionSlots, takeSlot } from '../edge/connections/connection-slots.ts'
import { ProblemError, problem } from '../edge/errors/problem-error.ts'
import { EventStream } from '../live/event-stream.ts'
import type { Logger } from '../observe/logger.ts'
import type { TheatreSignals } from './theatre-signals.ts'

export type TheatreEventsSettings = {
  /** The signals of the shard of a clinic. */
  signalsOf(clinicNo: number): TheatreSignals
  slots: ConnectionSlots
  /** The number of the clinic, for a member of it. @throws ProblemError */
  requireMember(principal: Principal, clinicId: string): Promise<number>
  /** The time between two heartbeats, each of which checks the session and the role again. */
  heartbeatMs: number
  log: Logger
}

type TheatreRequest = FastifyRequest<{ Params: { clinicId: string } }>

/** Signals of a clinic's theatre: see packages/contract/src/theatre-live.ts. Needs the authentication of requests. */
export async function theatreEvents(app: FastifyInstance, settings: TheatreEventsSettings): Promise<void> {
  const streams = new Set<EventStream>()
  let isStopping = false
  app.addHook('preClose', (done) => {
    isStopping = true
    for (const stream of streams) stream.end()
    done()
  })

  app.route<{ Params: { clinicId: string } }>({
    method: 'GET',
    url: theatreLivePath(':clinicId'),
    exposeHeadRoute: false,
    schema: { params: restOperations.getTheatre.params },
    handler: async (request, reply) => {
      if (isStopping) throw problem('unavailable', 'This server is stopping.', { retryAfterSeconds: 1 })
      const clinicNo = await settings.requireMember(request.principal, request.params.clinicId)
      // The client has left meanwhile, and nothing would report it again.
      if (reply.raw.destroyed) return reply
      const release = takeSlot(settings.slots, request)
      const stream = new EventStream(reply)
      streams.add(stream)
      const unsubscribe = settings.signalsOf(clinicNo).subscribe(clinicNo, (signal) => {
        // A client that reads too slowly misses nothing: each signal only says to read again.
        stream.send(`event: theatre\ndata: ${JSON.stringify(signal)}\n\n`)
      })
      const heartbeat = setInterval(() => void check(app, settings, request, stream), settings.heartbeatMs).unref()
      reply.raw.once('close', () => {
        clearInterval(heartbeat)
        unsubscribe()
        release()
        streams.delete(stream)
      })
      return reply
    },
  })
}

/** Ends the stream of a caller who may no longer read it. */
async function check(
  app: FastifyInstance,
  { requireMember, log }: TheatreEventsSettings,
  request: TheatreRequest,
  stream: EventStream,
): Promise<void> {
  try {
    await requireMember(await app.identifyAgain(request), request.params.clinicId)
    stream.beat()
  } catch (error) {
    if (!(error instanceof ProblemError)) log.warn({ err: error }, 'a live theatre could not be authorized again')
    stream.end()
  }
}
