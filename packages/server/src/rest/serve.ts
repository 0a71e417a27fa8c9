import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { Operation, Static, TSchema } from '@holdfast/contract'
import { positionText } from '@holdfast/contract/position'
import { isClinicMoving } from '@holdfast/engine'
import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import type { Principal } from '../edge/authentication/principal.ts'
import { compressPayload } from '../edge/bodies/compression.ts'
import { ProblemError, problem } from '../edge/errors/problem-error.ts'
import { clinicNoOfCall } from './clinic-of-request.ts'
import { emptyBodyIfNone } from './empty-body.ts'
import { type ClinicActor, requireCredential } from './guards/access.ts'
import { type AccessGuards, accessGuards } from './guards/access-guards.ts'
import type { GuardedCall } from './guards/guarded-call.ts'
import { requireScope } from './guards/require-scope.ts'
import { needsFieldGuard, type RestrictedFieldGuards, restrictedFieldGuards } from './guards/restricted-field-guards.ts'
import { restrictedResponses } from './guards/restricted-responses.ts'
import { limitWrites } from './limit-writes.ts'
import { type Places, whileHere } from './places.ts'
import { type AuditedMore, recordDenials, recordRepetitions, recordSuccess } from './record-requests.ts'
import type { Sending } from './responses/csv.ts'
import { idempotencyKeyOf, sentKeyOf } from './responses/idempotency.ts'
import { respondOnce, storesResponse } from './responses/stored-response.ts'
import type { RestDeps } from './rest-deps.ts'
import type { SentKey } from './sent-key.ts'
import type { AnyResponse, Call, Handler } from './served-call.ts'
import { withCursorErrors } from './with-cursor-errors.ts'

type StaticOf<Schema> = Schema extends TSchema ? Static<Schema> : undefined

/** What a request carries, typed by the operation's schemas. */
type CallOf<Described extends Operation> = {
  params: Described extends { params: infer Schema } ? StaticOf<Schema> : undefined
  query: Described extends { query: infer Schema } ? StaticOf<Schema> : undefined
  body: Described extends { body: infer Schema } ? StaticOf<Schema> : undefined
}

type FieldOf<Described extends Operation> = Described extends { restrictedField: infer Field } ? Field : undefined

/** The query or body without its restricted field: the handler gets the outcome of the check instead. */
type Unrestricted<Part extends string, Value, Field> = Field extends `${Part}.${infer Name}` ? Omit<Value, Name> : Value

/** What a handler receives: a request that is valid and that its sender may make. */
export type Input<Described extends Operation> = {
  params: CallOf<Described>['params']
  query: Unrestricted<'query', CallOf<Described>['query'], FieldOf<Described>>
  body: Unrestricted<'body', CallOf<Described>['body'], FieldOf<Described>>
  /** What the check of the declared access found: the clinic and the caller's role in it, for example. */
  granted: Awaited<ReturnType<AccessGuards[Described['access']]>>
  /** What the check of the restricted field found; undefined for operations without one. */
  field: FieldOf<Described> extends infer Field extends keyof RestrictedFieldGuards
    ? Awaited<ReturnType<RestrictedFieldGuards[Field]>>
    : undefined
  /** Only operations that send a CSV file have it. */
  sending: Sending
  /** The Idempotency-Key of a write; null: none was sent. */
  key: SentKey | null
  /** The request without its principal, which has not been checked for this operation: see `granted`. */
  request: Pick<
    FastifyRequest,
    'id' | 'headers' | 'log' | 'protocol' | 'host' | 'ip' | 'server' | 'sessionId' | 'times'
  >
}

/** What a handler returns: one of the statuses that the operation describes, with the body of that status. */
export type RouteResponse<Described extends Operation> = {
  [Status in keyof Described['responses'] & number]: {
    status: Status
    /** A text is sent as it is: JSON that was serialized before. So is a stream. */
    body: Described['responses'][Status] extends { schema: infer Schema }
      ? StaticOf<Schema> | string | Readable
      : undefined
    /** The transaction of the write, for Holdfast-Position. */
    position?: string
    headers?: Record<string, string>
    /** An earlier request with this key has done it, and is in the security log. Also 200 where 201 is described. */
    isRepeated?: boolean
  }
}[keyof Described['responses'] & number]

type GuardedCallOf<Described extends Operation> = CallOf<Described> & {
  principal: Principal
  key: SentKey | null
  request: FastifyRequest
}

/** What the checks of an operation read from its requests. */
type CheckedOf<Described extends Operation> = Parameters<AccessGuards[Described['access']]>[1] &
  (FieldOf<Described> extends infer Field extends keyof RestrictedFieldGuards
    ? Parameters<RestrictedFieldGuards[Field]>[1]
    : unknown)

/** The operation, if its requests carry the ids and fields that its checks read; otherwise never. */
type Guardable<Described extends Operation> = GuardedCallOf<Described> extends CheckedOf<Described> ? Described : never

export type RouteOptions<Described extends Operation> = {
  /** Checks what the schemas cannot express, before the access is checked. @throws ProblemError */
  validate?(call: CallOf<Described>): void
  /**
   * What the security log records beside what the operation says of it; null: nothing. Called with the body of the
   * response; undefined: there is none, or the outcome of the write is unknown.
   */
  audit?(input: Input<Described>, body: unknown): AuditedMore
  /** The response is large, and is sent compressed to clients that accept it. Only of reads. */
  compresses?: true
}

/** Adds the route of an operation. */
export type Serve = <Described extends Operation, const Returned extends RouteResponse<Described>>(
  described: Described & Guardable<Described>,
  handler: (input: Input<Described>) => Returned | Promise<Returned>,
  options?: RouteOptions<Described>,
) => void

const noParameters = { type: 'object', properties: {}, additionalProperties: false }

/** Handles the requests of an operation with what it depends on: in its shard. */
export type Responder = {
  deps: RestDeps
  respond(call: Call): AnyResponse | Promise<AnyResponse>
}

/** Finds who handles a request, where the clinics are in several shards. */
export type FindResponder = {
  at(call: Pick<Call, 'params' | 'query' | 'body'>): Responder | Promise<Responder>
  /** The same, after the directory was asked whether the clinic has moved, or is being moved. */
  again(call: Pick<Call, 'params' | 'query' | 'body'>): Promise<{ responder: Responder; isMoving: boolean }>
  /** @throws ClinicMoving if another one handles it now, or its database may lack the clinic's rows */
  requireHere(call: Pick<Call, 'params' | 'query' | 'body'>, responder: Responder): Promise<void>
}

/**
 * The only way to add a route to the REST API: its method and path, the check for credentials before anything is read,
 * the validation of what is received and sent, the check of the declared access, and the headers of every response.
 * What depends on the operation alone is decided here, once.
 *
 * Performance: a request that nothing makes wait, such as for a cached list, awaits no promise from here to the cache
 * (`instanceof Promise` in this file and in those of slot lists): cached lists 1.03 and 1.08 times the rate, the server
 * 0.95 and 0.91 times the CPU (bench/EXPERIMENTS.md).
 *
 * @param deps what every request uses; with `findResponder`, only for checks before the clinic is known
 * @param findResponder of an operation; null: all clinics are in one shard
 * @param shards `lookAgain` is called with a clinic that was not found there: it throws if another database has it
 */
export function createServe(
  app: FastifyInstance,
  deps: RestDeps,
  findResponder: ((described: Operation) => FindResponder) | null,
  { lookAgain, places }: { lookAgain(clinicNo: number): Promise<unknown>; places: Places },
): Serve {
  app.decorateRequest('idempotencyKey', null)
  return (described, handler, options: RouteOptions<never> = {}) => {
    const isPublicRead = described.access === 'anyone' && described.method === 'GET'
    const cacheControl = isPublicRead ? 'no-cache' : 'no-store'
    const find = findResponder === null ? null : findResponder(described)
    const ofAll = responderOf(deps, described, handler as Handler, options)
    const isRead = described.method === 'GET' && !isCsv(described)
    const withClinicOf = async (call: Call, check: (clinicNo: number) => Promise<unknown>) => {
      const clinicNo = await clinicNoOfCall(described, call, deps.engine)
      if (clinicNo !== null) await check(clinicNo)
    }
    app.route({
      method: described.method,
      url: described.url.replaceAll(/\{(\w+)\}/g, ':$1'),
      schema: {
        querystring: described.query ?? noParameters,
        ...(described.params ? { params: described.params } : {}),
        ...(described.body ? { body: described.body } : {}),
        response: responseSchemas(described),
      },
      // A HEAD would read the whole file, and be recorded as an export.
      exposeHeadRoute: !isCsv(described),
      config: { operationId: described.id, ifLost: described.ifLost },
      ...earlyChecks(deps, described),
      ...(described.bodyOptional ? { preValidation: emptyBodyIfNone } : {}),
      ...(options.compresses ? { onSend: compressPayload } : {}),
      ...(described.limit ? { preHandler: described.limit === 'booking' ? app.limitBooking : app.limitPatient } : {}),
      handler: async (request, reply) => {
        reply.header('cache-control', cacheControl)
        const { query, body, principal } = request
        // Fastify has an empty object here for a path without parameters.
        const params = described.params === undefined ? undefined : request.params
        const key = sentKeyOf(request)
        const checked = { granted: undefined, field: undefined, sending: undefined }
        const call: Call = { params, query, body, principal, key, request, reply, ...checked }
        if (find !== null) return respondInShard(find, places, call, isRead)
        const requireHere = () => withClinicOf(call, places.requireHere)
        call.requireHere = requireHere
        try {
          const response = whileHere(places, isRead, { respond: () => ofAll.respond(call), requireHere })
          return payloadOf(deps, response instanceof Promise ? await response : response, reply)
        } catch (error) {
          if (isNotFound(error)) await withClinicOf(call, lookAgain)
          throw error
        }
      },
    })
  }
}

/** How long a request waits for the end of its clinic's move, and how often it is asked for, in milliseconds. */
const moveMsMax = 5_000
const moveCheckMs = 100

/**
 * A clinic may have moved to another shard: the one before refuses changes of it, or does not have it any more. Then
 * the directory is asked where it is, and the request is handled there. While it is being moved, its changes wait.
 */
async function respondInShard(find: FindResponder, places: Places, call: Call, isRead: boolean): Promise<unknown> {
  const deadline = performance.now() + moveMsMax
  for (let responder = await find.at(call); ; ) {
    try {
      const { deps } = responder
      const requireHere = () => find.requireHere(call, responder)
      call.requireHere = requireHere
      const response = await whileHere(places, isRead, { respond: () => responder.respond(call), requireHere })
      return payloadOf(deps, response, call.reply)
    } catch (error) {
      const isRefused = isClinicMoving(error)
      if (!isRefused && !isNotFound(error)) throw error
      const next = await placeAfter(find, call, { responder, until: isRefused ? deadline : 0 })
      const isElsewhere = next !== responder
      if (!isElsewhere && (!isRefused || performance.now() > deadline)) throw error
      if (!isElsewhere) await delay(moveCheckMs)
      responder = next
    }
  }
}

/** Who handles a request after the move of its clinic, or at a time by `performance.now()`. */
async function placeAfter(
  find: FindResponder,
  call: Call,
  { responder, until }: { responder: Responder; until: number },
): Promise<Responder> {
  for (;;) {
    const next = await find.again(call).catch(() => ({ responder, isMoving: false }))
    if (next.responder !== responder || !next.isMoving || performance.now() > until) return next.responder
    await delay(moveCheckMs)
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof ProblemError && error.status === 404
}

/** Collects the responders of one shard, by the ids of the operations. */
export function collectResponders(deps: RestDeps, responders: Map<string, Responder>): Serve {
  return (described, handler, options: RouteOptions<never> = {}) => {
    responders.set(described.id, responderOf(deps, described, handler as Handler, options))
  }
}

function responderOf(deps: RestDeps, described: Operation, handler: Handler, options: RouteOptions<never>): Responder {
  const check = recordDenials(deps, described, accessCheck(deps, described))
  const handle = withRestriction(described, withCursorErrors(described, handler))
  const handleAndRecord = recordSuccess(deps, described, options.audit, handle)
  const run = (call: Call) => {
    options.validate?.(call as never)
    if (isCsv(described)) call.sending = sendingOf(call, check)
    const checked = check(call)
    return checked instanceof Promise ? checked.then(handleAndRecord) : handleAndRecord(checked)
  }
  const clinicNoOf = (call: Call) => clinicNoOfCall(described, call, deps.engine)
  const steps = { check: recordRepetitions(deps, described, check), run, clinicNoOf }
  const respondAtOnce = storesResponse(described)
    ? (call: Call) => respondOnce(deps.engine.storedResponses, described, call, steps)
    : run
  return { deps, respond: limitWrites<Call, AnyResponse>(deps, described, respondAtOnce) }
}

function isCsv({ responses }: Operation): boolean {
  return responses[200]?.mediaType === 'text/csv'
}

/** While a file is sent, the session, the access and the place of its clinic are checked as they are then. */
function sendingOf(call: Call, check: (call: Call) => Call | Promise<Call>): Sending {
  return {
    response: call.reply.raw,
    async checkAgain() {
      const { request } = call
      const principal = await request.server.identifyAgain(request)
      const { field } = await check({ ...call, principal, granted: undefined, field: undefined })
      // Staff who became a doctor, for example, may read the bookings of one calendar.
      if (field !== call.field) throw problem('forbidden', 'Your role in this clinic has changed.')
      // A page that is read while the clinic's old rows are deleted is short, and would end the file.
      await call.requireHere?.()
    },
  }
}

type Guard = (deps: RestDeps, call: GuardedCall, granted?: unknown) => unknown

/** The checks that the operation declares. Waits only for those that read the database. @throws ProblemError */
function accessCheck(deps: RestDeps, described: Operation): (call: Call) => Call | Promise<Call> {
  const guard = accessGuards[described.access] as Guard
  const fieldGuard = described.restrictedField && (restrictedFieldGuards[described.restrictedField] as Guard)
  const checkField = (call: Call): Call | Promise<Call> => {
    if (!needsFieldGuard(described, call.body)) return Object.assign(call, { field: null })
    const field = fieldGuard?.(deps, call, call.granted)
    if (field instanceof Promise) return field.then((found) => Object.assign(call, { field: found }))
    call.field = field
    return call
  }
  return (call) => {
    call.principal = requireScope(described, call)
    const granted = guard(deps, call)
    if (granted instanceof Promise) return granted.then((found) => checkField(Object.assign(call, { granted: found })))
    call.granted = granted
    return checkField(call)
  }
}

/** What is refused before the body is read. A public read has nothing to check. Fastify catches what a hook throws. */
function earlyChecks({ freshness }: RestDeps, { access, method }: Operation): { onRequest?: onRequestHookHandler } {
  const isPublic = access === 'anyone'
  const isWrite = method !== 'GET'
  if (isPublic && !isWrite) return {}
  return {
    onRequest(request, _reply, done) {
      // While the database is known to be unreachable, writes are refused at once; reads may still be in the cache.
      if (isWrite) freshness.breaker.check()
      if (!isPublic) requireCredential(request.principal)
      // Every write accepts a key, so every write refuses an invalid one, also where a repetition changes nothing.
      if (isWrite) request.idempotencyKey = idempotencyKeyOf(request)
      done()
    },
  }
}

function responseSchemas(described: Operation): Record<string, TSchema> {
  return Object.fromEntries(
    Object.entries(described.responses).flatMap(([status, { schema }]) => (schema ? [[status, schema]] : [])),
  )
}

/** Sets status and headers. Fastify sends what a handler returns; if that is the reply, it waits once more. */
function payloadOf({ freshness: { tail } }: RestDeps, response: AnyResponse, reply: FastifyReply): unknown {
  const { status, body, position, headers } = response
  reply.code(status)
  // A position of no epoch yet would be taken for that of another shard.
  if (position !== undefined && tail.epoch !== 0) {
    reply.header('holdfast-position', positionText(tail.epoch, position))
  }
  if (headers) reply.headers(headers)
  return body
}

/** Removes from what the handler returns what the caller's role may not read. */
function withRestriction({ id, restrictedResponse }: Operation, handler: Handler): Handler {
  if (restrictedResponse === undefined) return handler
  const restrict = restrictedResponses[restrictedResponse] as (actor: ClinicActor, body: object) => object
  return async (call) => {
    const response = await handler(call)
    const { actor } = call.granted as { actor: ClinicActor }
    if (typeof response.body !== 'object' || response.body === null) {
      throw new Error(`${id} returned a body that was serialized before it was restricted.`)
    }
    return { ...response, body: restrict(actor, response.body) }
  }
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The id of the operation that a route serves. */
    operationId?: string
    /** What the caller can do if the response of a route is lost; undefined: repeat the request with its key. */
    ifLost?: string | undefined
  }
  interface FastifyRequest {
    /** The valid Idempotency-Key of a write; null: none was sent. */
    idempotencyKey: string | null
  }
}
