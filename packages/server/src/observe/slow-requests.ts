import { restOperations } from '@holdfast/contract'
import { noTimes, type RequestTimes, requestTimes } from '@holdfast/engine'
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import type { Logger } from './logger.ts'
import type { RootSpan, Tracing } from './tracing.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Where its time goes, for claims to pass on; null: the times of requests are not measured. */
    times: Measured | null
    /** null: the request is not traced. */
    span: RootSpan | null
  }
}

/** `receiveMs`: until the body was there, without what the database took before; null: not known. */
type Measured = RequestTimes & { receiveMs: number | null }

type SlowRequestOptions = {
  log: Logger
  /** A request that takes as long is logged, milliseconds. 0: none is, and nothing is measured. */
  slowMs: number
  /** Absent or null: no request is traced. */
  tracing?: Tracing | null
  /** Whether a connection is that of a proxy whose `traceparent` is trusted. */
  isProxy?: (address: string) => boolean
  /** A clock in milliseconds, by which lines are counted. */
  nowMs?: () => number
}

/** The claims of guests have the times with them. */
const { method: claimMethod, url: claimUrl } = restOperations.createBooking

/** Lines a second. When all requests are slow, the rest of the log would be lost among them. */
const linesMax = 20

/**
 * Logs a warning for each slow request, which says where its time went. The time ends when its response begins, so a
 * client that reads slowly, or a large file, does not count; nor do events and live places, which last.
 *
 * The route is logged as its pattern: the ids and queries of a path may say who the patient is. Of more than 20 in a
 * second, the next line has the number of the others.
 *
 * Performance: the times are in the context of requests with credentials, and of writes, but neither of guests'
 * bookings nor of public reads, which come from the cache: a context, with its hooks, took a request that does nothing
 * else 1.17 times the CPU (41 alternating rounds on a busy machine, ± 0.03).
 */
export const logSlowRequests = fp(async (app: FastifyInstance, options: SlowRequestOptions) => {
  const { log, slowMs, tracing = null, isProxy = () => false, nowMs = () => performance.now() } = options
  app.decorateRequest('times', null)
  app.decorateRequest('span', null)
  if (slowMs === 0 && tracing === null) return
  app.addHook('onRequest', (request, reply, done) => {
    request.times = { ...noTimes(), receiveMs: null }
    if (tracing !== null) trace({ tracing, isProxy }, request, reply, request.times)
    if (hasCredentials(request) || request.span !== null) requestTimes.enterWith(request.times)
    done()
  })
  if (tracing !== null) noteErrors(app)
  app.addHook('onRoute', (route) => {
    if (!isWrite(route)) return
    const enter = route.method === claimMethod && route.url === claimUrl ? enterIfNoGuest : enterWithBody
    route.preValidation = [enter, ...[route.preValidation ?? []].flat()]
  })
  if (slowMs === 0) return
  const bounded = linesOf(log, nowMs)
  app.addHook('onSend', (request, reply, payload, done) => {
    if (reply.elapsedTime >= slowMs) bounded(request, reply)
    done(null, payload)
  })
})

type Proxied = { tracing: Tracing; isProxy: NonNullable<SlowRequestOptions['isProxy']> }

/** Begins the span of a request, which ends with its response, or when the client leaves. */
function trace({ tracing, isProxy }: Proxied, request: FastifyRequest, reply: FastifyReply, times: RequestTimes): void {
  const { method, id, raw } = request
  const route = request.routeOptions.url ?? 'none'
  const attributes = { 'http.request.method': method, 'http.route': route, 'holdfast.request.id': id }
  const headers = isProxy(raw.socket.remoteAddress ?? '') ? request.headers : {}
  const span = tracing.begin(`${method} ${route}`, { kind: 'server', headers, attributes })
  if (span === undefined) return
  request.span = span
  times.span = span
  reply.raw.once('close', () => {
    const { statusCode, writableFinished } = reply.raw
    span.set(writableFinished ? { 'http.response.status_code': statusCode } : { 'error.type': 'client left' })
    span.end(statusCode < 500 ? undefined : (errors.get(request) ?? new Error(`The response was ${statusCode}.`)))
  })
}

const errors = new WeakMap<FastifyRequest, Error>()

function noteErrors(app: FastifyInstance): void {
  app.addHook('onError', (request, _reply, error, done) => {
    if (request.span !== null) errors.set(request, error)
    done()
  })
}

function hasCredentials({ headers }: FastifyRequest): boolean {
  return headers.authorization !== undefined || headers.cookie !== undefined
}

/** Logs a slow request, at most {@link linesMax} in a second, and then how many were left out. */
function linesOf(log: Logger, nowMs: () => number): (request: FastifyRequest, reply: FastifyReply) => void {
  let secondBegan = Number.NEGATIVE_INFINITY
  let lines = 0
  let leftOut = 0
  return (request, reply) => {
    const now = nowMs()
    if (now - secondBegan >= 1000) {
      if (leftOut > 0) log.warn({ count: leftOut }, 'more slow requests, which are not logged')
      secondBegan = now
      lines = 0
      leftOut = 0
    }
    if (lines === linesMax) leftOut += 1
    else {
      lines += 1
      log.warn(timesOf(request, reply), 'slow request')
    }
  }
}

const readMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

const isWrite = ({ method }: Pick<RouteOptions, 'method'>) => ![method].flat().every((one) => readMethods.has(one))

function enterIfNoGuest(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  if (hasCredentials(request) || request.span !== null) enterWithBody(request, reply, done)
  else done()
}

/** The events of a body come in the context of its connection. */
function enterWithBody(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const { times } = request
  if (times !== null) {
    times.receiveMs = Math.max(0, reply.elapsedTime - times.connectionMs - times.databaseMs)
    requestTimes.enterWith(times)
  }
  done()
}

/** Whole milliseconds. `restMs`: what the server did itself, and what the request waited for in other ways. */
function timesOf(request: FastifyRequest, reply: FastifyReply): Record<string, unknown> {
  const times = request.times ?? { ...noTimes(), receiveMs: null }
  const { queueMs, connectionMs, databaseMs, statements, receiveMs } = times
  const totalMs = reply.elapsedTime
  const restMs = Math.max(0, totalMs - (receiveMs ?? 0) - queueMs - connectionMs - databaseMs)
  const isDivided = isWrite(request) || hasCredentials(request)
  const received = receiveMs === null ? {} : { receiveMs }
  const parts = isDivided ? { ...received, queueMs, connectionMs, databaseMs, restMs } : {}
  const rounded = Object.entries({ totalMs, ...parts }).map(([name, ms]) => [name, Math.round(ms)])
  const { id: requestId, method, routeOptions } = request
  const traced = request.span === null ? {} : { traceId: request.span.traceId }
  const named = { requestId, ...traced, method, route: routeOptions.url ?? 'none', status: reply.statusCode }
  return { ...named, ...Object.fromEntries(rounded), ...(isDivided ? { statements } : {}) }
}
