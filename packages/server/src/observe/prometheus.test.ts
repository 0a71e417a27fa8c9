// Nightly: a real Prometheus, with the files of deploy/, sees a real server fail, and reads the dashboards’ queries
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { aClinic, aDoctor, aSlot, mailServer, portToKeep, until } from '@holdfast/testkit'
import { installDebianPackages } from '@holdfast/testkit/debian-packages'
import { expect, onTestFinished, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { dashboardQueries } from '../../test/dashboard-queries.ts'
import { call, runningServer } from '../../test/running-server.ts'

const folder = join(import.meta.dirname, '../../../../deploy/prometheus')
const program = '/usr/bin/prometheus'
const isInstalled = existsSync(program) || installDebianPackages('prometheus')
if (!isInstalled) console.warn("Debian's package prometheus is missing: no real one reads the files of deploy/.")

const token = 'a metrics token of some length'
const firesWithinMs = 240_000

/** The files of deploy/prometheus, but with short intervals, this server, and nobody to notify. */
async function writeConfig(directory: string, serverUrl: string): Promise<string> {
  const alerts = await readFile(join(folder, 'alerts.yml'), 'utf8')
  await writeFile(join(directory, 'alerts.yml'), alerts.replaceAll(/^( +for: )\w+$/gm, '$12s'))
  const { alerting: _, ...config } = parse(await readFile(join(folder, 'prometheus.yml'), 'utf8'))
  const tokenFile = join(directory, 'token')
  await writeFile(tokenFile, token)
  const [servers] = config.scrape_configs
  servers.static_configs = [{ targets: [new URL(serverUrl).host] }]
  servers.authorization.credentials_file = tokenFile
  const path = join(directory, 'prometheus.yml')
  const global = { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' }
  await writeFile(path, stringify({ ...config, global, scrape_configs: [servers] }))
  return path
}

/** @returns its address */
async function startPrometheus(serverUrl: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'hf-prometheus-'))
  const config = await writeConfig(directory, serverUrl)
  const port = await portToKeep()
  const places = [`--config.file=${config}`, `--storage.tsdb.path=${join(directory, 'data')}`]
  const child = spawn(program, [...places, `--web.listen-address=127.0.0.1:${port}`, '--log.level=warn'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  onTestFinished(async () => {
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
    await rm(directory, { recursive: true, force: true })
  })
  return `http://127.0.0.1:${port}`
}

type Alert = { labels: Record<string, string>; annotations: Record<string, string>; state: string }

/** The alert, if it is firing. */
async function firing(prometheus: string, name: string): Promise<Alert | undefined> {
  const response = await fetch(`${prometheus}/api/v1/alerts`).catch(() => null)
  if (!response?.ok) return undefined
  const { data } = (await response.json()) as { data: { alerts: Alert[] } }
  return data.alerts.find(({ labels, state }) => labels.alertname === name && state === 'firing')
}

async function isScraped(prometheus: string): Promise<boolean> {
  const query = encodeURIComponent('up{job="holdfast-servers"} == 1 and on() sum(holdfast_messages_total) == 0')
  const response = await fetch(`${prometheus}/api/v1/query?query=${query}`).catch(() => null)
  if (!response?.ok) return false
  const { data } = (await response.json()) as { data: { result: object[] } }
  return data.result.length > 0
}

/** What Prometheus finds wrong with a query of a dashboard. */
async function errorOf(prometheus: string, expression: string): Promise<string | undefined> {
  const query = new URLSearchParams({ query: expression.replaceAll('$__rate_interval', '1m') })
  const response = await fetch(`${prometheus}/api/v1/query?${query}`)
  return ((await response.json()) as { error?: string }).error
}

test.runIf(isInstalled)('a stopped mail server, and then a stopped server, become alerts that fire', async () => {
  const mails = await mailServer()
  const env = { HOLDFAST_METRICS_TOKEN: token, HOLDFAST_WORKER: 'on', SMTP_URL: mails.url }
  const server = await runningServer(env)
  onTestFinished(() => server.end())
  const prometheus = await startPrometheus(server.url)
  const fires = (name: string) => until(() => firing(prometheus, name), `${name} to fire`, firesWithinMs)
  await until(async () => await isScraped(prometheus), 'the server in Prometheus', firesWithinMs)
  for (const name of ['HoldfastMessagesFail', 'HoldfastNoServer']) {
    // Before the server was scraped, it fired.
    await until(async () => (await firing(prometheus, name)) === undefined, `${name} to be silent`)
  }

  for (const [panel, expression] of dashboardQueries()) {
    expect(await errorOf(prometheus, expression), panel).toBeUndefined()
  }

  await mails.end()
  const slot = await aSlot(server.database, await aDoctor(server.database, await aClinic(server.database)), {
    capacity: 4,
  })
  for (const no of [1, 2, 3, 4]) {
    const patient = { name: 'P', email: `p${no}@example.org` }
    const booked = await call(`${server.url}/api/v1/bookings`, {
      method: 'POST',
      body: { slotId: slot.id, patient, confirm: true },
      headers: { 'idempotency-key': randomUUID() },
    })
    expect(booked.status).toBe(201)
  }
  expect(await fires('HoldfastMessagesFail')).toMatchObject({
    labels: { severity: 'critical', channel: 'email' },
    annotations: { runbook_url: 'docs/operations/alerts.md#holdfastmessagesfail' },
  })
  // It is only this: the server itself is well.
  expect(await firing(prometheus, 'HoldfastNoServer')).toBeUndefined()

  await server.stop()
  expect(await fires('HoldfastNoServer')).toMatchObject({ labels: { severity: 'page' } })
})
