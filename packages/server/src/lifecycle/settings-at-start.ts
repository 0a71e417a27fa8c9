import { type Config, describeSettingError, describeUnknownSetting, readConfig } from '../config/config.ts'
import { StartError } from './start-error.ts'

/** The settings of an environment. Prints a warning for each unknown one. @throws StartError for invalid settings */
export function settingsAtStart(env: Record<string, string | undefined>, say: (line: string) => void): Config {
  const result = readConfig(env)
  if (result.kind === 'invalid') {
    const lines = result.errors.map(describeSettingError)
    throw new StartError(`These settings are wrong:\n  ${lines.join('\n  ')}`)
  }
  for (const unknown of result.unknown) say(`Warning: ${describeUnknownSetting(unknown)}`)
  return result.config
}
