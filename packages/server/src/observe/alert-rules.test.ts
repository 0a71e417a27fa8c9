// Completeness: an alert of deploy/prometheus is about a metric that the worker does not have
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { installDebianPackages } from '@holdfast/testkit/debian-packages'
import { expect, test } from 'vitest'
import { createMetrics } from './metrics.ts'

const path = join(import.meta.dirname, '../../../../deploy/prometheus/holdfast.rules.yml')
const promtool = '/usr/bin/promtool'
const isInstalled = existsSync(promtool) || installDebianPackages('prometheus')
if (!isInstalled) console.warn("Debian's package prometheus is missing: it does not read the rules of deploy/.")

const readDatabase = () => Promise.reject(new Error('This test has no database.'))

/** The names of a process that only runs jobs: that of the worker has them, and so has a server. */
function namesInWorker(): string[] {
  const { registry } = createMetrics({ pools: () => ({}), serving: null, readDatabase })
  return registry.getMetricsAsArray().map(({ name }) => name)
}

test('each alert is about a metric that the worker has, so that it can fire where a separate one runs the jobs', () => {
  const used = [...new Set(readFileSync(path, 'utf8').match(/holdfast_\w+/g))]
  expect(used.length).toBeGreaterThan(8)
  const names = namesInWorker()
  expect(used.filter((name) => !names.includes(name))).toEqual([])
})

test.runIf(isInstalled)('Prometheus reads the rules', () => {
  expect(execFileSync(promtool, ['check', 'rules', path], { encoding: 'utf8' })).toContain('11 rules found')
})
