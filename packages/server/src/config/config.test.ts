// Completeness: a setting is not read, checked or described completely
import { describe, expect, test } from 'vitest'
import { describeSettingError, describeUnknownSetting, readConfig, settings } from './config.ts'

function configOf(env: Record<string, string | undefined>) {
  const result = readConfig(env)
  if (result.kind !== 'ok') throw new Error(result.errors.map(describeSettingError).join('; '))
  return result
}

describe('reading the settings', () => {
  test('an empty environment gives every default', () => {
    const { config, sources, unknown } = configOf({})
    expect(config.port).toBe(3000)
    expect(config.host).toBe('127.0.0.1')
    expect(config.databaseUrl).toBeNull()
    expect(config.demo).toBeNull()
    expect(config.holdSeconds).toBe(120)
    expect(config.limitReadsPerMinute).toBe(600)
    expect(config.trustedProxies).toBe(0)
    expect(sources.PORT).toBe('default')
    expect(unknown).toEqual([])
  })

  test('an empty variable counts as absent', () => {
    expect(configOf({ PORT: '', HOLDFAST_SECRET: '' }).config).toMatchObject({ port: 3000, secrets: null })
  })

  test('values are parsed, and known to come from the environment', () => {
    const { config, sources } = configOf({
      PORT: '8080',
      HOLDFAST_RATE_LIMIT: 'off',
      HOLDFAST_URL: 'https://book.example.org/',
      HOLDFAST_TRUSTED_PROXIES: '10.0.0.0/8, ::1',
      HOLDFAST_CORS_ORIGINS: 'https://a.example,http://b.example:8080',
      HOLDFAST_SECRET: `${'n'.repeat(32)},${'o'.repeat(40)}`,
    })
    expect(config).toMatchObject({
      port: 8080,
      rateLimit: false,
      publicUrl: 'https://book.example.org',
      trustedProxies: ['10.0.0.0/8', '::1'],
      corsOrigins: ['https://a.example', 'http://b.example:8080'],
      secrets: ['n'.repeat(32), 'o'.repeat(40)],
    })
    expect(sources.PORT).toBe('environment')
  })

  test.each([
    'postgres://user:pass@host:5432/clinic',
    'postgresql://user@/clinic?host=/run/postgresql',
    'postgres://user:pass@[::1]/clinic?sslmode=verify-full',
  ])('%s is a database', (url) => {
    expect(configOf({ DATABASE_URL: url }).config.databaseUrl).toBe(url)
  })

  test.each(['mysql://u@h/d', 'postgres://host', 'postgres://host/', 'host=localhost dbname=clinic'])(
    '%s is none',
    (url) => {
      expect(readConfig({ DATABASE_URL: url }).kind).toBe('invalid')
    },
  )

  test.each([
    ['PORT', '70000'],
    ['PORT', '3000abc'],
    ['PORT', '-1'],
    ['HOST', '300.1.1.1'],
    ['HOST', 'not a host'],
    ['HOLDFAST_URL', 'book.example.org'],
    ['HOLDFAST_URL', 'ftp://book.example.org'],
    ['HOLDFAST_URL', 'https://example.org/path'],
    ['HOLDFAST_HOLD_SECONDS', '29'],
    ['HOLDFAST_HOLD_SECONDS', '1e2'],
    ['HOLDFAST_RATE_LIMIT', 'false'],
    ['HOLDFAST_LOG_LEVEL', 'loud'],
    ['HOLDFAST_TRUSTED_PROXIES', '10.0.0.0/33'],
    ['HOLDFAST_TRUSTED_PROXIES', 'everyone'],
    ['HOLDFAST_CORS_ORIGINS', '*'],
    ['HOLDFAST_CORS_ORIGINS', 'https://a.example/path'],
    ['HOLDFAST_ADMIN_EMAIL', 'nobody'],
    ['HOLDFAST_AMQP_QUEUES', 'Analytics'],
    ['HOLDFAST_AMQP_QUEUES', 'analytics,dead-letters'],
    ['HOLDFAST_AMQP_QUEUES', 'analytics,analytics'],
  ])('%s=%s is refused with its name, value and what was expected', (name, value) => {
    const result = readConfig({ [name]: value })
    expect(result.kind).toBe('invalid')
    if (result.kind !== 'invalid') return
    expect(result.errors).toHaveLength(1)
    const line = describeSettingError(result.errors[0] ?? { name: '', value: '', expected: '' })
    expect(line).toContain(name)
    expect(line).toContain(value)
    expect(line).toContain(settings.find((row) => row.name === name)?.expected)
  })

  test('all wrong settings are named at once, and the value of a secret is not', () => {
    const result = readConfig({
      PORT: 'x',
      HOLDFAST_SECRET: 'too-short-to-keep',
      DATABASE_URL: 'mysql://u:hunter2@h/d',
      AMQP_URL: 'https://u:hunter2@h',
    })
    expect(result.kind).toBe('invalid')
    if (result.kind !== 'invalid') return
    const text = result.errors.map(describeSettingError).join('\n')
    expect(result.errors.map((error) => error.name).sort()).toEqual([
      'AMQP_URL',
      'DATABASE_URL',
      'HOLDFAST_SECRET',
      'PORT',
    ])
    expect(text).not.toContain('too-short-to-keep')
    expect(text).not.toContain('hunter2')
  })

  test.each(['HOLDFAST_BACKUP_TO', 'HOLDFAST_AUDIT_ANCHORS'])('%s in S3 is refused without S3_URL', (name) => {
    const inS3 = { [name]: 's3://clinic/here' }
    const result = readConfig(inS3)
    const lines = result.kind === 'invalid' ? result.errors.map(describeSettingError) : []
    expect(lines).toEqual([`${name}: "s3://clinic/here" is not usable without S3_URL: set that, too`])
    expect(readConfig({ ...inS3, S3_URL: 'https://key:secret@s3.example.org?region=eu' }).kind).toBe('ok')
    expect(readConfig({ [name]: '/var/lib/here' }).kind).toBe('ok')
  })

  test('an unknown HOLDFAST_ variable is named with the nearest setting', () => {
    const { unknown } = configOf({
      HOLDFAST_RATELIMIT: 'off',
      HOLDFAST_ZZZ: '1',
      HOLDFAST_TEST_DATABASE_URL: 'x',
      OTHER: 'y',
    })
    expect(unknown).toEqual([
      { name: 'HOLDFAST_RATELIMIT', nearest: 'HOLDFAST_RATE_LIMIT' },
      { name: 'HOLDFAST_ZZZ', nearest: null },
    ])
    expect(unknown.map(describeUnknownSetting)[0]).toContain('did you mean HOLDFAST_RATE_LIMIT?')
  })

  test('every setting is declared once, and its default is a valid value', () => {
    expect(new Set(settings.map((row) => row.name)).size).toBe(settings.length)
    for (const row of settings) if (row.default !== null) expect(row.parse(row.default), row.name).not.toBeUndefined()
  })
})
