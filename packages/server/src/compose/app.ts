import type { IncomingMessage } from 'node:http'
import { restOperations } from '@holdfast/contract'
import { clinicNoIn } from '@holdfast/engine'
import Fastify, { type FastifyInstance, LogController } from 'fastify'
import type { Config } from '../config/config.ts'
import { type AuthenticationDeps, authentication } from '../edge/authentication/authentication.ts'
import { readJsonOnly } from '../edge/bodies/json-bodies.ts'
import { serializerCompiler } from '../edge/bodies/serializers.ts'
import { validatorCompiler } from '../edge/bodies/validator.ts'
import { ConnectionSlots } from '../edge/connections/connection-slots.ts'
import { normalizeForwardedFor } from '../edge/connections/forwarded-addresses.ts'
import { limitPlainConnections } from '../edge/connections/plain-connections.ts'
import { trustedPeers } from '../edge/connections/trusted-peers.ts'
import { closeUnreadConnections } from '../edge/connections/unread-responses.ts'
import { docsRoutes } from '../edge/docs-routes.ts'
import { clientErrorHandler } from '../edge/errors/client-error.ts'
import { errorHandler } from '../edge/errors/error-handler.ts'
import { notFound } from '../edge/errors/not-found.ts'
import { asFastifyLogger } from '../edge/fastify-logger.ts'
import { refuseInvalidHost } from '../edge/headers/host-header.ts'
import { requestIdOf } from '../edge/headers/request-id.ts'
import { helmetHeaders, securityHeaders } from '../edge/headers/security-headers.ts'
import { metricsRoutes } from '../edge/metrics-routes.ts'
import { draining } from '../edge/overload/draining.ts'
import { responseDeadline } from '../edge/overload/response-deadline.ts'
import { shedLoad } from '../edge/overload/shed-load.ts'
import { type Probes, probeRoutes } from '../edge/probes.ts'
import type { SharedCounts } from '../edge/rate-limits/count-windows.ts'
import { rateLimits } from '../edge/rate-limits/rate-limits.ts'
import type { LivePlaces } from '../live/live-places.ts'
import { isLiveUpgrade, liveRoutes, liveSockets } from '../live/live-routes.ts'
import type { Logger } from '../observe/logger.ts'
import type { Metrics } from '../observe/metrics.ts'
import { countInFlight } from '../observe/requests-in-flight.ts'
import { logSlowRequests } from '../observe/slow-requests.ts'
import type { Tracing } from '../observe/tracing.ts'
import { type AuthRoutesDeps, authRoutes } from '../rest/auth/auth-routes.ts'
import type { RestShards } from '../rest/find-responder.ts'
import { memberRoles } from '../rest/guards/access.ts'
import { requireClinic } from '../rest/guards/require-clinic.ts'
import { requireScope } from '../rest/guards/require-scope.ts'
import { restRoutes } from '../rest/rest-routes.ts'
import type { PublicPages } from '../site/public-pages.ts'
import { siteRoutes } from '../site/site-routes.ts'
import { type TheatreEventsSettings, theatreEvents } from '../theatre/theatre-events.ts'
import type { TheatreSignals } from '../theatre/theatre-signals.ts'

export type AppDeps = {
  config: Config
  log: Logger
  metrics: Metrics
  probes: Probes
  /** true as soon as the server begins to stop. */
  isStopping: () => boolean
  /** true: the claim queue would refuse another claim. */
  isClaimQueueFull: () => boolean
  authentication: Omit<AuthenticationDeps, 'apiKeySecrets' | 'corsOrigins' | 'openApiKey'>
  auth: Omit<AuthRoutesDeps, 'corsOrigins'>
  rest: RestShards
  live: LivePlaces
  theatreSignalsOf: (clinicNo: number) => TheatreSignals
  publicPages: PublicPages
  /** null: nothing is traced. */
  tracing: Tracing | null
  /** null: rate limits are counted in this process. */
  sharedCounts: SharedCounts | null
}

const bodyBytesMax = 1_048_576
const headerBytesMax = 16_384
const keepAliveMs = 65_000
/** How often Node checks for requests that exceed their timeout. */
const timeoutCheckMs = 1_000

/** The HTTP server with all hooks and routes, not listening yet. It knows nothing about pools and processes. */
export async function buildApp(deps: AppDeps): Promise<FastifyInstance> {
  const { config, metrics } = deps
  const app = createServer(config, deps.log)
  const { connectionsMax, connectionsPerAddressMax } = deps.live.settings
  const slots = new ConnectionSlots(connectionsMax, connectionsPerAddressMax)
  limitPlainConnections(app, config, slots)
  closeUnreadConnections(app, (config.requestSecondsMax + config.answerSecondsMax) * 1000)
  await app.register(liveSockets, { hub: deps.live })
  readJsonOnly(app)
  app.setValidatorCompiler(validatorCompiler())
  app.setSerializerCompiler(serializerCompiler())
  app.setErrorHandler(errorHandler)
  countRequests(app, metrics, deps)
  const { log, tracing } = deps
  const isProxy = trustedPeers(config.trustedProxies)
  await app.register(logSlowRequests, { log, tracing, isProxy, slowMs: config.slowRequestMs })
  app.addHook('onRequest', refuseInvalidHost)
  app.addHook('onRequest', normalizeForwardedFor)
  await app.register(responseDeadline, { seconds: config.answerSecondsMax })
  await app.register(draining, deps)
  const corsOrigins = config.corsOrigins ?? []
  const isHttps = config.publicUrl?.startsWith('https:') ?? false
  const headers = await helmetHeaders({ isHttps, withSubdomains: config.hstsSubdomains })
  await app.register(securityHeaders, { corsOrigins, headers })
  const { method, url: path } = restOperations.createBooking
  shedLoad(app, {
    method,
    path,
    isOverloaded: () => !deps.isStopping() && deps.isClaimQueueFull(),
    corsOrigins,
    headers: headers.ofData,
    requestIdOf: requestIdFrom(config),
    onRefused: () => metrics.queueRefused({ waitMs: 0 }),
    onShed() {
      metrics.requestCompleted({ route: path, method, status: 503, seconds: 0 })
      metrics.problemSent('overloaded')
    },
  })
  await app.register(notFound)
  await app.register(rateLimits, {
    ...config,
    sharedCounts: deps.sharedCounts,
    manageTokens: deps.rest.common.manageTokens,
  })
  await app.register(authentication, {
    ...deps.authentication,
    corsOrigins,
    apiKeySecrets: deps.rest.common.apiKeySecrets,
    openApiKey: async (clinicNo, ...key) => (await deps.rest.of(clinicNo)).engine.apiKeys.open(clinicNo, ...key),
  })
  await app.register(probeRoutes, deps.probes)
  if (config.metricsPort === null && config.metricsToken !== null) {
    await app.register(metricsRoutes, { metrics, token: config.metricsToken })
  }
  await app.register(authRoutes, { ...deps.auth, corsOrigins })
  await app.register(restRoutes(deps.rest))
  await app.register(liveRoutes, {
    hub: deps.live,
    slots,
    origins: [...corsOrigins, ...(config.publicUrl ? [config.publicUrl] : [])],
  })
  await app.register(theatreEvents, {
    signalsOf: deps.theatreSignalsOf,
    slots,
    requireMember: memberOfTheatre(deps.rest),
    heartbeatMs: deps.live.settings.heartbeatMs,
    log: deps.log,
  })
  await app.register(docsRoutes)
  await app.register(siteRoutes, { publicPages: deps.publicPages })
  await app.ready()
  return app
}

/** Who may read a clinic's theatre watches it, too. */
function memberOfTheatre({ of }: RestShards): TheatreEventsSettings['requireMember'] {
  return async (principal, clinicId) => {
    const member = requireScope(restOperations.getTheatre, { principal, params: { clinicId } })
    const { clinic } = await requireClinic(await of(clinicNoIn(clinicId) ?? 0), member, clinicId, memberRoles)
    return clinic.no
  }
}

function createServer(config: Config, log: Logger): FastifyInstance {
  const requestMs = config.requestSecondsMax * 1000
  return Fastify({
    loggerInstance: asFastifyLogger(log),
    // Fastify's log lines contain the URL with its query, which may name a patient.
    logController: new LogController({ disableRequestLogging: true }),
    // Performance: a child logger for each request costs a cached list 1.06 times the server CPU (two processes of
    // each, 14 alternating rounds: 1.09 and 1.05). Log lines contain the request's id where they need it.
    childLoggerFactory: (logger) => logger,
    genReqId: requestIdFrom(config),
    requestIdHeader: false,
    bodyLimit: bodyBytesMax,
    requestTimeout: requestMs,
    keepAliveTimeout: keepAliveMs,
    http: {
      maxHeaderSize: headerBytesMax,
      headersTimeout: requestMs,
      connectionsCheckingInterval: timeoutCheckMs,
      // Refuses ambiguous headers, which a proxy might read differently than this server (request smuggling).
      insecureHTTPParser: false,
      requireHostHeader: true,
      shouldUpgradeCallback: isLiveUpgrade,
    },
    trustProxy: trustedBy(config.trustedProxies),
    forceCloseConnections: 'idle',
    // draining.ts refuses requests with a problem document instead.
    return503OnClosing: false,
    clientErrorHandler,
    frameworkErrors: errorHandler,
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    routerOptions: { maxParamLength: 100, caseSensitive: true, ignoreTrailingSlash: false },
  })
}

/**
 * Records a metric and a log line per request, by route pattern: without ids and queries. The level of the line is
 * `debug`, or `info` for a refusal with HOLDFAST_LOG_REFUSALS.
 */
function countRequests(app: FastifyInstance, metrics: Metrics, { log, config }: Pick<AppDeps, 'log' | 'config'>): void {
  app.decorateReply('problemCode', null)
  void app.register(countInFlight, { begin: metrics.requestBegan })
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none'
    const seconds = reply.elapsedTime / 1000
    metrics.requestCompleted({ route, method: request.method, status: reply.statusCode, seconds })
    if (reply.problemCode !== null) metrics.problemSent(reply.problemCode)
    const isRefused = reply.statusCode >= 400 && config.logsRefusals
    if (isRefused || log.isLevelEnabled('debug')) {
      const traced = request.span === null ? {} : { traceId: request.span.traceId }
      const completed = {
        requestId: request.id,
        ...traced,
        method: request.method,
        route,
        status: reply.statusCode,
        seconds,
      }
      if (isRefused) log.info({ ...completed, code: reply.problemCode }, 'request refused')
      else log.debug(completed, 'request completed')
    }
    done()
  })
}

function requestIdFrom({ trustedProxies }: Config): (request: IncomingMessage) => string {
  const isProxy = trustedPeers(trustedProxies)
  return (request) => requestIdOf(request, isProxy)
}

/**
 * The number of hops is counted from the connection: with 1, the peer is the proxy and the address it appended is
 * used.
 */
function trustedBy(proxies: number | string[]): string[] | ((address: string, hop: number) => boolean) {
  return typeof proxies === 'number' ? (_address, hop) => hop < proxies : proxies
}
