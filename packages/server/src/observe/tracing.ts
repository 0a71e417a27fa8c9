import { readRelease, type Span } from '@holdfast/engine'
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, type Span as StartedSpan, trace } from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, TraceIdRatioBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace'
import pTimeout from 'p-timeout'
import type { Config } from '../config/config.ts'
import { describeError } from './logger.ts'
import { createTraceExporter, exportMsMax, type TraceExporterDeps } from './trace-exporter.ts'

type Attributes = Readonly<Record<string, string | number>>

/** The span of a request, or of what a job sends. */
export type RootSpan = Span & {
  /** 32 hexadecimal digits. */
  traceId: string
  set(attributes: Attributes): void
  /** The headers by which who receives a message or a request continues the trace: `traceparent`. */
  headers(): Record<string, string>
}

type Begin = {
  kind: 'server' | 'producer' | 'client'
  /** The headers of a request of somebody who is trusted: who chooses the id of a trace chooses what is traced. */
  headers?: Readonly<Record<string, string | string[] | undefined>>
  attributes?: Attributes
}

/** Traces for a collector of OpenTelemetry: names, routes, ids of requests, and statements without their values. */
export type Tracing = {
  /** undefined: this one is not traced. */
  begin(name: string, begin: Begin): RootSpan | undefined
  /** Sends what was traced, and gives up after {@link exportMsMax}. */
  stop(): Promise<void>
}

const kinds = { server: SpanKind.SERVER, producer: SpanKind.PRODUCER, client: SpanKind.CLIENT }
const propagator = new W3CTraceContextPropagator()
const setter = {
  set(headers: Record<string, string>, name: string, value: string) {
    headers[name] = value
  },
}
const getter = {
  keys: (headers: object) => Object.keys(headers),
  // What a caller writes into tracestate may be anything.
  get: (headers: Begin['headers'], name: string) => (name === 'traceparent' ? headers?.[name] : undefined),
}

/**
 * What is traced depends on the id of the trace alone, so that a trace that another program has begun is traced here
 * for the same share. Whether that program asks for it does not count.
 *
 * @returns null: nothing is traced
 */
export async function openTracing(
  { otlpUrl: url, traceRatio: ratio }: Pick<Config, 'otlpUrl' | 'traceRatio'>,
  deps: TraceExporterDeps,
): Promise<Tracing | null> {
  if (url === null) return null
  const exporter = createTraceExporter(url, deps)
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'holdfast', 'service.version': await readRelease() }),
    sampler: new TraceIdRatioBasedSampler(ratio),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: 1_000 })],
  })
  const tracer = provider.getTracer('holdfast')
  return {
    begin(name, { kind, headers, attributes = {} }) {
      const parent = headers === undefined ? ROOT_CONTEXT : propagator.extract(ROOT_CONTEXT, headers, getter)
      const span = tracer.startSpan(name, { kind: kinds[kind], attributes }, parent)
      return span.isRecording() ? rootSpan(tracer, span) : undefined
    },
    stop: () =>
      pTimeout(provider.shutdown(), { milliseconds: exportMsMax, fallback: () => undefined }).catch(() => undefined),
  }
}

/** Runs `work` in a span, if it is traced, and ends it. */
export async function traced<Result>(
  tracing: Tracing | null | undefined,
  name: string,
  begin: Begin,
  work: (span: RootSpan | undefined) => Promise<Result>,
): Promise<Result> {
  const span = tracing?.begin(name, begin)
  try {
    const result = await work(span)
    span?.end()
    return result
  } catch (error) {
    span?.end(error)
    throw error
  }
}

type StartedTracer = ReturnType<TracerProvider['getTracer']>

const startedSpans = new WeakMap<Span, StartedSpan>()

function partOf(tracer: StartedTracer, started: StartedSpan): Span {
  const span: Span = {
    part(name, attributes = {}, links = []) {
      const linked = links.flatMap((link) => {
        const context = startedSpans.get(link)?.spanContext()
        return context === undefined ? [] : [{ context }]
      })
      const kind = name === 'postgresql' ? SpanKind.CLIENT : SpanKind.INTERNAL
      return partOf(tracer, tracer.startSpan(name, { kind, attributes, links: linked }, contextOf(started)))
    },
    end(error) {
      if (error !== undefined) recordError(started, error)
      started.end()
    },
  }
  startedSpans.set(span, started)
  return span
}

function rootSpan(tracer: StartedTracer, started: StartedSpan): RootSpan {
  return Object.assign(partOf(tracer, started), {
    traceId: started.spanContext().traceId,
    set: (attributes: Attributes) => void started.setAttributes(attributes),
    headers() {
      const headers: Record<string, string> = {}
      propagator.inject(contextOf(started), headers, setter)
      return headers
    },
  })
}

const contextOf = (span: StartedSpan) => trace.setSpan(ROOT_CONTEXT, span)

/** The same parts of an error as in the log: PostgreSQL's messages quote the row. */
function recordError(span: StartedSpan, error: unknown): void {
  const { type, message, code, stack } = describeError(error)
  const described = { name: String(type ?? 'Error'), message: String(message), stack: String(stack ?? '') }
  span.recordException(described)
  span.setStatus({ code: SpanStatusCode.ERROR, message: described.message })
  if (code !== undefined) span.setAttribute('error.type', String(code))
}
