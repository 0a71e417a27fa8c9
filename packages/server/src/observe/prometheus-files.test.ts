// Completeness: the files of deploy/prometheus do not fit together
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installDebianPackages } from '@holdfast/testkit/debian-packages'
import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'

const folder = join(import.meta.dirname, '../../../../deploy/prometheus')
const textOf = (name: string) => readFileSync(join(folder, name), 'utf8')
const promtool = '/usr/bin/promtool'
const amtool = '/usr/bin/amtool'
const hasAmtool = existsSync(amtool) || installDebianPackages('prometheus-alertmanager')

test('Prometheus loads the alerts, and scrapes servers and workers with the token’s file', () => {
  const { rule_files: rules, scrape_configs: jobs } = parse(textOf('prometheus.yml'))
  expect(rules).toEqual(['alerts.yml'])
  for (const { job_name: name, authorization } of jobs) {
    // HoldfastProcessDown is about such names.
    expect(name).toMatch(/^holdfast/)
    expect(authorization).toEqual({ credentials_file: '/etc/prometheus/holdfast-metrics-token' })
  }
})

test.runIf(existsSync(promtool))('promtool accepts prometheus.yml with its alerts', () => {
  const directory = mkdtempSync(join(tmpdir(), 'hf-prometheus-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const token = join(directory, 'token')
  writeFileSync(token, 'a token')
  copyFileSync(join(folder, 'alerts.yml'), join(directory, 'alerts.yml'))
  const config = join(directory, 'prometheus.yml')
  // promtool looks for the token's file.
  writeFileSync(config, textOf('prometheus.yml').replaceAll('/etc/prometheus/holdfast-metrics-token', token))
  expect(execFileSync(promtool, ['check', 'config', config], { encoding: 'utf8' })).toContain('rule files found')
})

type Route = { receiver: string; matchers?: string[]; routes?: Route[] }

type Inhibition = { source_matchers: string[]; target_matchers: string[]; equal?: string[] }

test('a database that is down silences what follows from it, by name: nothing of another database, and no page', () => {
  const { inhibit_rules: inhibitions } = parse(textOf('alertmanager.yml')) as { inhibit_rules: Inhibition[] }
  const { groups } = parse(textOf('alerts.yml')) as { groups: { rules: { alert: string; labels: object }[] }[] }
  const pages = groups.flatMap(({ rules }) =>
    rules.filter(({ labels }) => 'severity' in labels && labels.severity === 'page').map(({ alert }) => alert),
  )
  const ofDatabase = inhibitions.filter(({ source_matchers: [source] }) => source?.includes('HoldfastDatabaseDown'))
  expect(ofDatabase.length).toBeGreaterThan(0)
  for (const { equal, target_matchers: targets } of ofDatabase) {
    expect(equal).toEqual(['shard'])
    const [names = ''] = targets
    expect(names).toMatch(/^alertname =~ "Holdfast\w+(\|Holdfast\w+)*"$/)
    for (const page of pages) expect(names).not.toMatch(new RegExp(`\\b${page}\\b`))
  }
})

test('Alertmanager has a route for each severity, to receivers that exist', () => {
  const {
    route,
    receivers,
    inhibit_rules: inhibitions,
  } = parse(textOf('alertmanager.yml')) as {
    route: Route
    receivers: { name: string }[]
    inhibit_rules: Inhibition[]
  }
  const routes = [route, ...(route.routes ?? [])]
  expect(routes.map(({ receiver }) => receiver).toSorted()).toEqual(receivers.map(({ name }) => name).toSorted())
  expect(route.routes?.flatMap(({ matchers = [] }) => matchers)).toEqual(['severity = "page"', 'severity = "critical"'])
  const alerts = textOf('alerts.yml')
  const inhibited = inhibitions.flatMap((rule) => [...rule.source_matchers, ...rule.target_matchers]).join(' ')
  for (const [name] of inhibited.matchAll(/Holdfast\w+/g)) expect(alerts).toContain(`alert: ${name}\n`)
})

test.runIf(hasAmtool)('amtool accepts alertmanager.yml', () => {
  expect(execFileSync(amtool, ['check-config', join(folder, 'alertmanager.yml')], { encoding: 'utf8' })).toContain(
    'SUCCESS',
  )
})
