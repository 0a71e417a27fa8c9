import { describeSettingError, describeUnknownSetting, readConfig, settings } from '@holdfast/server/config'
import type { Environment } from '../terminal.ts'
import { type Check, ok, problem, warning } from './check.ts'

export type SettingLine = {
  name: string
  /** As given or by default; a secret's is masked; null: absent, without a default. */
  value: string | null
  default: string | null
  /** What holds where a setting without a default is absent; null: it has one. */
  whenAbsent: string | null
  from: 'environment' | 'default'
  description: string
}

/**
 * Every setting with its value and where that came from. Of secrets only what is none: a database's login and place.
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

/** Whether every setting can be used, and every HOLDFAST_ variable means something. */
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
