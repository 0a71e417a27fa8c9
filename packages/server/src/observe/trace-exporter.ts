import { messageOf } from '@holdfast/vocabulary'
import { type ExportResult, ExportResultCode } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import type { SpanExporter } from '@opentelemetry/sdk-trace'
import type { Registry } from 'prom-client'
import { addCounters } from './figures.ts'
import type { Logger } from './logger.ts'

/** How long a collector may take, and so how long a stop waits for one that hangs. */
export const exportMsMax = 2_000

export type TraceExporterDeps = { log: Pick<Logger, 'info' | 'warn'>; registry: Registry }

/** Since the start. */
export type SpanCounts = { sent: number; lost: number }

/** The spans of this process by what became of them. */
export function addTraceFigures(registry: Registry, counts: SpanCounts): void {
  addCounters(registry, { name: 'holdfast_trace_spans_total', read: () => Object.entries(counts) })
}

/**
 * Sends spans to a collector, counts them, and logs when it begins to fail and when it works again. The variables
 * OTEL_EXPORTER_OTLP_HEADERS and OTEL_EXPORTER_OTLP_TRACES_HEADERS are read by the library.
 *
 * @param url of the collector, without `/v1/traces`
 */
export function createTraceExporter(url: string, { log, registry }: TraceExporterDeps): SpanExporter {
  const exporter = new OTLPTraceExporter({
    url: `${url.replace(/\/$/, '')}/v1/traces`,
    timeoutMillis: exportMsMax,
    // The limit above does not apply before a connection is there.
    httpAgentOptions: { keepAlive: true, timeout: exportMsMax },
  })
  const counts: SpanCounts = { sent: 0, lost: 0 }
  addTraceFigures(registry, counts)
  let isFailing = false
  const onResult = (count: number, { code, error }: ExportResult) => {
    const hasFailed = code !== ExportResultCode.SUCCESS
    counts[hasFailed ? 'lost' : 'sent'] += count
    if (hasFailed && !isFailing)
      log.warn({ reason: reasonOf(error) }, 'traces are lost: the collector does not take them')
    if (!hasFailed && isFailing) log.info('the collector takes traces again')
    isFailing = hasFailed
  }
  return {
    export(spans, done) {
      const { length } = spans
      exporter.export(spans, (result) => {
        onResult(length, result)
        done(result)
      })
    },
    shutdown: () => exporter.shutdown(),
  }
}

/** Of a response only its status: the rest may be anything. */
function reasonOf(error: Error | undefined): string {
  if (error === undefined) return 'no reason is known'
  return 'code' in error && typeof error.code === 'number' ? `HTTP ${error.code}` : messageOf(error)
}
