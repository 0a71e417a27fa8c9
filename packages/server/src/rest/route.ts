import type { Operation, Static, TSchema } from '@holdfast/contract'
import { InvalidCursor, type StoredAnswers } from '@holdfast/engine'
import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  onRequestHookHandler,
  preHandlerHookHandler,
} from 'fastify'
import type { Principal } from '../edge/principal.ts'
import { invalidRequest } from '../edge/validator.ts'
import { idempotencyKeyOf } from './answers/idempotency.ts'
import { answerOnce } from './answers/stored-response.ts'
import { requireCredential } from './guards/access.ts'

type StaticOf<Schema> = Schema extends TSchema ? Static<Schema> : undefined

/** What a handler is given: everything checked and typed by the operation's schemas. */
export type Input<Described extends Operation> = {
  params: Described extends { params: infer Schema } ? StaticOf<Schema> : undefined
  query: Described extends { query: infer Schema } ? StaticOf<Schema> : undefined
  body: Described extends { body: infer Schema } ? StaticOf<Schema> : undefined
  principal: Principal
  request: FastifyRequest
}

/** What a handler answers: one of the statuses the operation describes, with that status's body. */
export type Answer<Described extends Operation> = {
  [Status in keyof Described['answers'] & number]: {
    status: Status
    /** Or its JSON, ready-made. */
    body: Described['answers'][Status] extends { schema: infer Schema } ? StaticOf<Schema> | string : undefined
    /** The write's place in the log, for Holdfast-Position. */
    position?: string
    headers?: Record<string, string>
  }
}[keyof Described['answers'] & number]

export type RouteOptions = {
  preHandler?: preHandlerHookHandler
  /** The handler looks after its Idempotency-Key itself, in the transaction of what it writes. */
  keepsOwnKeys?: true
}

const nothingAsked = { type: 'object', properties: {}, additionalProperties: false }

/**
 * Serves an operation: its method and path, the check for credentials before anything is read, the schemas for what
 * comes in and goes out, and the headers every answer has.
 */
export function serve<Described extends Operation, const Given extends Answer<Described>>(
  app: FastifyInstance,
  described: Described,
  handler: (input: Input<Described>) => Given | Promise<Given>,
  options: RouteOptions = {},
): void {
  const isPublicRead = described.access === 'anyone' && described.method === 'GET'
  const cursorName = cursorNameOf(described)
  app.route({
    method: described.method,
    url: described.url.replaceAll(/\{(\w+)\}/g, ':$1'),
    schema: {
      querystring: described.query ?? nothingAsked,
      ...(described.params ? { params: described.params } : {}),
      ...(described.body ? { body: described.body } : {}),
      response: responsesOf(described),
    },
    config: { operationId: described.id },
    onRequest: refusing((request) => {
      if (described.access !== 'anyone') requireCredential(request.principal)
      // Every write takes a key, so every write refuses a wrong one, also where repeating it changes nothing anyway.
      if (described.method !== 'GET') idempotencyKeyOf(request)
    }),
    ...(described.bodyOptional ? { preValidation: emptyBodyForNone } : {}),
    ...(options.preHandler ? { preHandler: options.preHandler } : {}),
    handler: async (request, reply) => {
      reply.header('cache-control', isPublicRead ? 'no-cache' : 'no-store')
      const { params, query, body, principal } = request
      // The schemas have been checked by now: this is where their types begin.
      const input = { params, query, body, principal, request } as Input<Described>
      const run = () => (cursorName === null ? handler(input) : readably(handler, input, cursorName))
      const isKept = described.method !== 'GET' && !options.keepsOwnKeys
      const answer = isKept ? answerOnce(app.keptAnswers, request, described, run) : run()
      return send(reply, answer instanceof Promise ? await answer : answer)
    },
  })
}

/** A hook that answers with what `check` throws, and has nothing to wait for. */
function refusing(check: (request: FastifyRequest) => void): onRequestHookHandler {
  return (request, _reply, done) => {
    try {
      check(request)
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)))
      return
    }
    done()
  }
}

function emptyBodyForNone(request: FastifyRequest, _reply: FastifyReply, done: () => void): void {
  if (request.body === undefined) request.body = {}
  done()
}

function responsesOf(described: Operation): Record<string, TSchema> {
  return Object.fromEntries(
    Object.entries(described.answers).flatMap(([status, { schema }]) => (schema ? [[status, schema]] : [])),
  )
}

function send(
  reply: FastifyReply,
  answer: { status: number; body?: unknown; position?: string; headers?: Record<string, string> },
): FastifyReply {
  reply.code(answer.status)
  if (answer.position !== undefined) reply.header('holdfast-position', answer.position)
  if (answer.headers) reply.headers(answer.headers)
  return reply.send(answer.body)
}

/** The parameter that tells where a list goes on; null: it has no pages. */
function cursorNameOf({ query }: Operation): 'cursor' | 'after' | null {
  if (query === undefined) return null
  if ('cursor' in query.properties) return 'cursor'
  return 'after' in query.properties ? 'after' : null
}

/** A cursor that looks right but is none of this list's is only found out by the engine. */
async function readably<Asked, Given>(
  handler: (input: Asked) => Given | Promise<Given>,
  input: Asked,
  cursorName: string,
): Promise<Given> {
  try {
    return await handler(input)
  } catch (error) {
    if (error instanceof InvalidCursor) throw invalidRequest([{ path: `/query/${cursorName}`, message: error.message }])
    throw error
  }
}

declare module 'fastify' {
  interface FastifyInstance {
    keptAnswers: StoredAnswers
  }
  interface FastifyContextConfig {
    /** Which operation of the contract a route serves. */
    operationId?: string
  }
}
