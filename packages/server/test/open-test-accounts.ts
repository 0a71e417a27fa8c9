import type { TestDatabase } from '@holdfast/testkit'
import { ofKind } from '@holdfast/testkit'
import { type OpenAccounts, openAccounts } from '../src/accounts/open-accounts.ts'
import { readConfig } from '../src/config/config.ts'
import { createLogger } from '../src/observe/logger.ts'
import { settingsFor } from './running-server.ts'

/** The accounts of a test's database, beside those of its servers. Close them. */
export function openTestAccounts(
  database: TestDatabase,
  secrets?: string[],
  log = createLogger('silent'),
): Promise<OpenAccounts> {
  const result = ofKind(readConfig(settingsFor(database)), 'ok')
  const { config } = result
  return openAccounts(config, { appUrl: database.appUrl, secrets: secrets ?? config.secrets ?? [] }, log)
}
