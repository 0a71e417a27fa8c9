/**
 * The `holdfast` command without a part of it, to measure what that part costs. HOLDFAST_BENCH_WITHOUT: `read-log`,
 * reads are not recorded in the security log; `tracing`, the module for OpenTelemetry is not loaded.
 */

import { registerHooks } from 'node:module'
import { AuditRecorder } from '@holdfast/server/audit-recorder'

/** What the module has if nothing is traced. */
const noTracing = `
export const openTracing = async () => null
export const traced = (_tracing, _name, _begin, work) => work(undefined)
`

if (process.env.HOLDFAST_BENCH_WITHOUT === 'tracing') {
  registerHooks({
    load: (url, context, next) =>
      url.endsWith('/server/src/observe/tracing.ts')
        ? { format: 'module', source: noTracing, shortCircuit: true }
        : next(url, context),
  })
} else if (process.env.HOLDFAST_BENCH_WITHOUT === 'read-log') {
  AuditRecorder.prototype.acknowledge = async () => {}
} else throw new Error('Set HOLDFAST_BENCH_WITHOUT to read-log or tracing.')

await import('@holdfast/cli')
