// The bootstrap runs this before it builds the site for `holdfast start`: names wrong settings, and ends with 1 then.
import { describeSettingError, readConfig } from '../packages/server/src/config/config.ts'

const result = readConfig(process.env)
if (result.kind === 'invalid') {
  for (const error of result.errors) console.error(describeSettingError(error))
  process.exitCode = 1
}
