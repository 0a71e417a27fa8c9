import type { accountOperations, Operation, Static, secondFactorOperations, TSchema } from '@holdfast/contract'
import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { emptyBodyIfNone } from '../empty-body.ts'
import { type Caller, callerOf } from './caller.ts'

type Operations = typeof accountOperations & typeof secondFactorOperations
export type AccountOperation = Operations[keyof Operations]

type BodyOf<Described> = Described extends { body: infer Schema extends TSchema } ? Static<Schema> : unknown

/** What the check of the declared access found. */
type GrantedBy<Described extends AccountOperation> = Described['access'] extends 'account' ? Caller : null

type Handler<Described extends AccountOperation> = (
  request: FastifyRequest<{ Body: BodyOf<Described> }>,
  reply: FastifyReply,
  granted: GrantedBy<Described>,
) => unknown

const callers = {
  anyone: () => null,
  account: callerOf,
} satisfies Record<AccountOperation['access'], (request: FastifyRequest) => Caller | null>

type AccountRouteOptions = Pick<RouteOptions, 'preValidation' | 'preHandler'> &
  Pick<FastifyContextConfig, 'authentication' | 'isCountedByRoute'> & {
    /** What the caller can do if the response was lost. These routes know no Idempotency-Key. */
    ifLost?: string
    /** The header of a successful response. */
    cacheControl?: string
  }

/** The largest is that of a new passkey. Some requests are counted after their body was read. */
const bodyBytesMax = 32_768

/**
 * The only way to add a route of accounts: its method, path and body, and the check of its declared access before
 * anything is read.
 */
export function serveAccount<Described extends AccountOperation>(
  app: FastifyInstance,
  described: Described,
  options: AccountRouteOptions,
  handler: Handler<Described>,
): void {
  const { id, method, url, body, access, bodyOptional }: Operation & { access: Described['access'] } = described
  const { preValidation = [], preHandler = [], cacheControl = 'no-store', ifLost = 'Repeat the request.' } = options
  const { authentication, isCountedByRoute = false } = options
  const grantedTo = callers[access]
  const handle = handler as (request: FastifyRequest, reply: FastifyReply, granted: Caller | null) => unknown
  app.route({
    method,
    url,
    schema: body === undefined ? {} : { body },
    config: { operationId: id, ifLost, isCountedByRoute, ...(authentication === undefined ? {} : { authentication }) },
    bodyLimit: bodyBytesMax,
    ...(isCountedByRoute ? { errorHandler: countIfUncounted(app) } : {}),
    preValidation: [...(bodyOptional ? [emptyBodyIfNone] : []), ...[preValidation].flat()],
    preHandler,
    onRequest(request, reply, done) {
      grantedTo(request)
      void reply.header('cache-control', cacheControl)
      done()
    },
    handler: async (request, reply) => handle(request, reply, grantedTo(request)),
  })
}

/**
 * Counts a request that was refused before its route has counted it, such as one whose body cannot be parsed, unless it
 * was refused before those of other routes are counted. A request that was counted has the headers of the count. The
 * application's error handler sends the problem.
 */
function countIfUncounted(app: FastifyInstance) {
  return async (error: Error, request: FastifyRequest, reply: FastifyReply): Promise<never> => {
    if (request.isToBeCounted && !reply.hasHeader('ratelimit-limit')) await app.rateLimits.countRequest(request, reply)
    throw error
  }
}
