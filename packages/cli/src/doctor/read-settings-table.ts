import {
  type Config,
  describeSettingError,
  describeUnknownSetting,
  readConfig,
  settings,
} from '@holdfast/server/config'
import type { Environment } from '../terminal.ts'
import { type Check, ok, problem, warning } from './check.ts'

export type SettingLine = {
  name: string
  /** The value that is set, or the default; secrets are masked; null: not set, without a default. */
  value: string | null
  default: string | null
  /** What applies if a setting without a default is not set; null: it has a default. */
  whenAbsent: string | null
  from: 'environment' | 'default'
  description: string
}

/**
 * Every setting with its value and its origin. Secrets are masked: of a database URL, only the login and host are
 * shown.
 */
export function settingLines(env: Environment): SettingLine[] {
  return settings.map(({ name, default: defaultValue, whenAbsent, description, secret }) => {
    const given = env[name]
    const isGiven = given !== undefined && given !== ''
    return {
      name,
      value: isGiven ? (secret ? masked(given) : given) : defaultValue,
      default: defaultValue,
      whenAbsent,
      from: isGiven ? 'environment' : 'default',
      description,
    }
  })
}

function masked(secret: string): string {
  const url = URL.parse(secret)
  if (url === null || url.host === '') return '(set)'
  return `${url.protocol}//${url.username === '' ? '' : `${url.username}:…@`}${url.host}${url.pathname}`
}

/** Checks that every setting is valid, and every HOLDFAST_ variable is known. */
export function checkSettings(env: Environment): Check[] {
  const result = readConfig(env)
  if (result.kind === 'invalid') {
    return result.errors.map((error) =>
      problem('settings', describeSettingError(error), `set ${error.name} to ${error.expected}, or unset it`),
    )
  }
  const unknown = result.unknown.map((one) =>
    warning('settings', describeUnknownSetting(one), `rename or unset ${one.name}; nothing reads it`),
  )
  const found = [...unknown, ...judgeWaits(result.config), ...judgeAddress(result.config)]
  return found.length > 0 ? found : [ok('settings', 'all can be used')]
}

/** A client has to learn that an outcome is not known, instead of that its request is still processed. */
function judgeWaits({ outcomeSecondsMax, answerSecondsMax }: Config): Check[] {
  if (outcomeSecondsMax < answerSecondsMax) return []
  const found =
    `HOLDFAST_OUTCOME_SECONDS_MAX is ${outcomeSecondsMax}, and clients get 503 after ` +
    `HOLDFAST_ANSWER_SECONDS_MAX, ${answerSecondsMax}`
  return [warning('settings', found, `set HOLDFAST_ANSWER_SECONDS_MAX to ${outcomeSecondsMax + 5} or more`)]
}

/** Browsers open the site through a proxy with TLS, at an address that this server cannot know. */
function judgeAddress({ publicUrl, host, trustedProxies }: Config): Check[] {
  const isPublic = !loopbackHosts.has(host) || trustedProxies !== 0
  if (!isPublic || publicUrl?.startsWith('https://') === true) return []
  const found =
    publicUrl === null
      ? 'HOLDFAST_URL is not set: behind a proxy with https, nobody can sign in'
      : `HOLDFAST_URL is ${publicUrl}: without https, passwords and patients’ data can be read on the way`
  return [warning('settings', found, 'set HOLDFAST_URL to the https address at which browsers open the site')]
}

const loopbackHosts = new Set(['127.0.0.1', '::1', 'localhost'])
