import { describeSettingError, describeUnknownSetting, readConfig, settings } from '@holdfast/server/config'
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
  return unknown.length > 0 ? unknown : [ok('settings', 'all can be used')]
}
