// Nightly: each alert, firing and silent
// Completeness: an alert of deploy/prometheus is about a metric that does not exist, or has no example or explanation
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installDebianPackages } from '@holdfast/testkit/debian-packages'
import { Gauge } from 'prom-client'
import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { alertExamples, type Series } from '../../test/alert-examples.ts'
import { namesInWorker, registryOfAll } from '../../test/registry-of-all.ts'

const root = join(import.meta.dirname, '../../../..')
const path = join(root, 'deploy/prometheus/alerts.yml')
const promtool = '/usr/bin/promtool'
const isInstalled = existsSync(promtool) || installDebianPackages('prometheus')
if (!isInstalled) console.warn("Debian's package prometheus is missing: it does not read the rules of deploy/.")

type Rule = {
  alert: string
  expr: string
  labels: { severity: string }
  annotations: { summary: string; runbook_url: string }
}
const groups = (parse(readFileSync(path, 'utf8')) as { groups: { name: string; rules: Rule[] }[] }).groups
const rules = groups.flatMap((group) => group.rules)
const names = rules.map(({ alert }) => alert)

/** The metrics of an expression. What a histogram is read by has the histogram's name. */
function metricsOf(expr: string): string[] {
  const ofHistogram = /^(holdfast_http_request_duration_seconds)_(bucket|sum|count)$/
  return [...new Set(expr.match(/holdfast_\w+/g))].map((name) => name.replace(ofHistogram, '$1'))
}

test('each alert is about metrics that exist', () => {
  const known = registryOfAll()
    .getMetricsAsArray()
    .map(({ name }) => name)
  expect(rules.flatMap(({ expr }) => metricsOf(expr)).filter((name) => !known.includes(name))).toEqual([])
})

test('an alert on a gauge sees one process among several: only what it adds up is added up before', () => {
  const gauges = registryOfAll()
    .getMetricsAsArray()
    .filter((metric) => metric instanceof Gauge)
  const combined = new Map(gauges.map(({ name, aggregator }) => [name, aggregator]))
  expect(combined.size).toBeGreaterThan(30)
  for (const { alert, expr } of rules) {
    const notAddedUp = expr.replaceAll(/sum( by \([^)]*\) )?\(holdfast_\w+|absent\(holdfast_\w+\)/g, '')
    for (const name of metricsOf(notAddedUp)) {
      expect(['min', 'max', undefined], `${alert}: ${name}`).toContain(combined.get(name))
    }
  }
})

test('alerts on jobs, databases and safety can fire where a separate worker runs the jobs', () => {
  const inWorker = namesInWorker()
  const ofServers = /^holdfast_(http_|cache_|replica_|redis_|certificate_|queue_)/
  const used = rules.flatMap(({ expr }) => metricsOf(expr)).filter((name) => !ofServers.test(name))
  expect(used.length).toBeGreaterThan(20)
  expect(used.filter((name) => !inWorker.includes(name))).toEqual([])
})

test('each alert has a severity, says what is wrong, and names its section of the page', () => {
  for (const { alert, labels, annotations } of rules) {
    expect(['warning', 'critical', 'page'], alert).toContain(labels.severity)
    expect(annotations.summary, alert).toMatch(/\.$/)
    expect(annotations.runbook_url).toBe(`docs/operations/alerts.md#${alert.toLowerCase()}`)
  }
})

const page = readFileSync(join(root, 'docs/operations/alerts.md'), 'utf8')

test('each alert has a section of the page, and each section an alert', () => {
  const headings = Array.from(page.matchAll(/^### (Holdfast\w+)$/gm), ([, name]) => name)
  expect(headings).toEqual(names)
})

test('each section says how to recognise it, what it means for patients, and what to do', () => {
  const sections = page.split(/^### /m).slice(1)
  for (const section of sections) {
    const [name = ''] = section.split('\n')
    const severity = rules.find(({ alert }) => alert === name)?.labels.severity
    expect(section, name).toMatch(new RegExp(`^\\*${severity}\\*`, 'm'))
    for (const part of ['Seen by', 'For patients', 'Do']) expect(section, name).toContain(`**${part}:**`)
    // A command, or the page that has the commands.
    expect(section.slice(section.indexOf('**Do:**')), name).toMatch(/```sh|`[a-zA-Z_]+[^`]*`|\]\(/)
  }
})

test.runIf(isInstalled)('Prometheus reads the rules', () => {
  expect(execFileSync(promtool, ['check', 'rules', path], { encoding: 'utf8' })).toContain(
    `${names.length} rules found`,
  )
})

/** promtool's test of an alert: whether these series let it fire in time. */
function ruleTest(alert: string, series: Series, { isFiring, minutes }: { isFiring: boolean; minutes: number }) {
  return {
    interval: '1m',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [
      {
        expr: `count(ALERTS{alertname="${alert}",alertstate="firing"}) > bool 0`,
        eval_time: `${minutes}m`,
        exp_samples: isFiring ? [{ labels: '{}', value: 1 }] : [],
      },
    ],
  }
}

/** Runs promtool once for all: it fails, and names the alert, if one does not do as expected. */
function testRules(tests: readonly object[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'hf-rules-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'rules.test.json')
  writeFileSync(file, JSON.stringify({ rule_files: [path], evaluation_interval: '1m', tests }))
  return execFileSync(promtool, ['test', 'rules', file], { encoding: 'utf8' })
}

test('each alert has examples of firing and of silence', () => {
  expect(Object.keys(alertExamples).toSorted()).toEqual(names.toSorted())
  for (const [alert, { fires, silent }] of Object.entries(alertExamples)) {
    expect(Math.min(fires.length, silent.length), alert).toBeGreaterThan(0)
  }
})

test('an alert is silent for its values, not for want of them: each example of silence has its metrics', () => {
  for (const { alert, expr } of rules) {
    const silent = alertExamples[alert]?.silent ?? []
    const given = silent.flatMap((series) => Object.keys(series).flatMap(metricsOf))
    expect(
      metricsOf(expr).filter((name) => !given.includes(name)),
      alert,
    ).toEqual([])
  }
})

test.runIf(isInstalled).each([
  ['fires', true],
  ['silent', false],
] as const)('each alert is as expected in its examples: %s', (kind, isFiring) => {
  const tests = Object.entries(alertExamples).flatMap(([alert, { minutes = 20, ...examples }]) =>
    examples[kind].map((series) => ruleTest(alert, series, { isFiring, minutes })),
  )
  expect(tests.length).toBeGreaterThan(names.length)
  expect(testRules(tests)).toContain('SUCCESS')
})

test.runIf(isInstalled)('an example that does not let its alert fire is noticed, with its name', () => {
  const never = ruleTest(
    'HoldfastVerifyFails',
    { holdfast_verify_failing_seconds: '0x20' },
    { isFiring: true, minutes: 20 },
  )
  expect(() => testRules([never])).toThrow('HoldfastVerifyFails')
})
