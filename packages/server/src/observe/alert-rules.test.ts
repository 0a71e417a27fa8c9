// Completeness: an alert of deploy/prometheus is about a metric that the worker does not have
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installDebianPackages } from '@holdfast/testkit/debian-packages'
import { expect, onTestFinished, test } from 'vitest'
import { createMetrics } from './metrics.ts'

const path = join(import.meta.dirname, '../../../../deploy/prometheus/holdfast.rules.yml')
const promtool = '/usr/bin/promtool'
const isInstalled = existsSync(promtool) || installDebianPackages('prometheus')
if (!isInstalled) console.warn("Debian's package prometheus is missing: it does not read the rules of deploy/.")

const rules = readFileSync(path, 'utf8')
const names = Array.from(rules.matchAll(/- alert: (\w+)/g), ([, name = '']) => name)

const readDatabase = () => Promise.reject(new Error('This test has no database.'))

/** The names of a process that only runs jobs: that of the worker has them, and so has a server. */
function namesInWorker(): string[] {
  const { registry } = createMetrics({ pools: () => ({}), serving: null, readDatabase })
  return registry.getMetricsAsArray().map(({ name }) => name)
}

test('each alert is about a metric that the worker has, so that it can fire where a separate one runs the jobs', () => {
  const used = [...new Set(rules.match(/holdfast_\w+/g))]
  expect(used.length).toBeGreaterThan(8)
  const inWorker = namesInWorker()
  expect(used.filter((name) => !inWorker.includes(name))).toEqual([])
})

test.runIf(isInstalled)('Prometheus reads the rules', () => {
  expect(execFileSync(promtool, ['check', 'rules', path], { encoding: 'utf8' })).toContain(
    `${names.length} rules found`,
  )
})

/** Series by their name, with their values a minute apart, as promtool writes them: `0x20` is 0, 21 times. */
type Series = Readonly<Record<string, string>>

const nan = Array(21).fill('NaN').join(' ')
const job = (failed: boolean) => `holdfast_job_runs_total{job="sweep",failed="${failed}"}`
const dead = 'holdfast_broker_failures_total{queue="analytics",outcome="dead"}'
const lost = 'holdfast_audit_events_total{outcome="lost"}'
const restorable = 'holdfast_backup_restorable_timestamp_seconds'
const interval = 'holdfast_backup_interval_seconds'

/** For each alert, what it fires for within 20 minutes, and what it does not. */
const examples: Readonly<Record<string, { fires: Series[]; silent: Series[] }>> = {
  HoldfastJobsNotObserved: { fires: [{}], silent: [{ [job(false)]: '0x20' }] },
  HoldfastBackupOld: {
    fires: [
      { [restorable]: '0x20', [interval]: '60x20' },
      { [restorable]: '0x20', [interval]: '200x20' },
    ],
    silent: [
      { [restorable]: '0+60x20', [interval]: '60x20' },
      { [restorable]: '0x20', [interval]: '3600x20' },
      { [restorable]: '0x20', [interval]: nan },
    ],
  },
  HoldfastBackupFails: {
    fires: [{ holdfast_backup_failing_seconds: '0+60x20' }],
    silent: [{ holdfast_backup_failing_seconds: '0x20' }],
  },
  HoldfastVerifyFails: {
    fires: [{ holdfast_verify_failing_seconds: '0+60x20' }],
    silent: [{ holdfast_verify_failing_seconds: '0x20' }],
  },
  HoldfastDatabaseFiguresMissing: {
    fires: [{}, { holdfast_partition_seconds_left: nan }],
    silent: [{ holdfast_partition_seconds_left: '5000000x20' }],
  },
  HoldfastPartitionsEnd: {
    fires: [{ holdfast_partition_seconds_left: '3000000x20' }],
    silent: [{ holdfast_partition_seconds_left: '5000000x20' }],
  },
  HoldfastJobsFail: {
    fires: [{ [job(true)]: '0x10 3x9' }],
    // A counter that appears with the first failure: Prometheus sees no growth.
    silent: [{ [job(true)]: '0x10 1x9' }, { [job(true)]: '_x10 3x9' }, { [job(false)]: '0+1x20' }],
  },
  HoldfastRelayLate: {
    fires: [{ 'holdfast_relay_waiting_seconds{receiver="email"}': '0+60x20' }],
    silent: [{ 'holdfast_relay_waiting_seconds{receiver="email"}': '0x20' }],
  },
  HoldfastDeadLetters: { fires: [{ [dead]: '0x10 1x9' }], silent: [{ [dead]: '0x20' }, { [dead]: '_x10 1x9' }] },
  HoldfastAccountMailsLate: {
    fires: [{ holdfast_account_mails_waiting_seconds: '0+60x20' }],
    silent: [{ holdfast_account_mails_waiting_seconds: '0x20' }],
  },
  HoldfastAuditLost: { fires: [{ [lost]: '0x10 1x9' }], silent: [{ [lost]: '0x20' }, { [lost]: '_x10 1x9' }] },
}

/** Whether each of these lets the alert fire after 20 minutes. promtool fails if one does not do as expected. */
function testRules(alert: string, all: readonly Series[], isFiring: boolean): string {
  const directory = mkdtempSync(join(tmpdir(), 'hf-rules-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'rules.test.json')
  const tests = all.map((series) => ({
    interval: '1m',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [
      {
        expr: `count(ALERTS{alertname="${alert}",alertstate="firing"}) > bool 0`,
        eval_time: '20m',
        exp_samples: isFiring ? [{ labels: '{}', value: 1 }] : [],
      },
    ],
  }))
  writeFileSync(file, JSON.stringify({ rule_files: [path], evaluation_interval: '1m', tests }))
  return execFileSync(promtool, ['test', 'rules', file], { encoding: 'utf8' })
}

test('each alert has an example', () => {
  expect(Object.keys(examples).sort()).toEqual([...names].sort())
})

test.runIf(isInstalled).each(Object.entries(examples))(
  '%s fires when it should, and only then',
  (alert, { fires, silent }) => {
    expect(testRules(alert, fires, true)).toContain('SUCCESS')
    expect(testRules(alert, silent, false)).toContain('SUCCESS')
  },
)
