import type { MetricObject } from 'prom-client'
import type { LogLevel } from '../observe/log-level.ts'

/** What the first process sends to a server process. */
export type ToServerProcess =
  /** Sent once, at the beginning. The process with the number 1 also runs the jobs and the backups. */
  | { kind: 'serve'; number: number; logLevel: LogLevel }
  /** The level of the log has changed. */
  | { kind: 'logLevel'; logLevel: LogLevel }
  | { kind: 'stop' }
  /** The response is `ownMetrics`. */
  | { kind: 'ownMetricsWanted'; request: number }
  /** The response to `allMetricsWanted`, as Prometheus's text. */
  | { kind: 'allMetrics'; request: number; text: string }

/** What a server process sends to the first one. */
export type FromServerProcess =
  | { kind: 'say'; line: string }
  | { kind: 'ready'; url: string; metricsUrl: string | null }
  /** It could not start, for a reason that a person has to fix. */
  | { kind: 'failed'; reason: string }
  | { kind: 'ownMetrics'; request: number; metrics: MetricObject[] }
  /** Somebody reads /metrics there. */
  | { kind: 'allMetricsWanted'; request: number }
