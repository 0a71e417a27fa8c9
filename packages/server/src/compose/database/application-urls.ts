import {
  asPooled,
  checkAppLogin,
  databaseOf,
  findPooler,
  type Pooler,
  storedAppLogin,
  withLoginOf,
  withPool,
} from '@holdfast/engine'
import type { Config } from '../../config/config.ts'
import { poolModeStatement, StartError } from '../../lifecycle/start-error.ts'

type Settings = Pick<Config, 'databaseUrl' | 'databaseAppUrl' | 'databaseDirectUrl' | 'databasePool'>

/**
 * The application's URL for a command that changes no schema and no login. Logs in as the owner only to read the login
 * that a migration has created, and not at all with DATABASE_APP_URL.
 *
 * @returns null: no migration has created one
 */
export async function applicationUrlOf(config: Settings, ownerUrl: string): Promise<string | null> {
  const login = config.databaseAppUrl ?? (await createdLogin(ownerUrl))
  return login === null ? null : (await applicationUrls(config, login, () => undefined)).appUrl
}

function createdLogin(ownerUrl: string): Promise<string | null> {
  return withPool({ url: ownerUrl, name: 'holdfast app login' }, (owner) => storedAppLogin(owner, ownerUrl))
}

/**
 * The application's URLs: through the pooler, if there is one, and without it.
 *
 * @param login a URL with the application's login: DATABASE_APP_URL, or on the server of DATABASE_DIRECT_URL
 * @param say receives what was found
 * @throws StartError if the pooler does not allow transactions; AppLoginError if it logs in as another role
 */
export async function applicationUrls(
  config: Settings,
  login: string,
  say: (line: string) => void,
): Promise<{ appUrl: string; sessionUrl: string }> {
  const { databaseUrl, databaseDirectUrl } = config
  // The embedded server.
  if (databaseUrl === null) return { appUrl: login, sessionUrl: login }
  const appUrl = config.databaseAppUrl === null ? withLoginOf(databaseUrl, login) : login
  switch (config.databasePool) {
    case 'direct':
      return { appUrl, sessionUrl: appUrl }
    case 'session':
      await checkAppLogin(appUrl, databaseOf(login))
      return { appUrl: asPooled(appUrl), sessionUrl: asPooled(appUrl) }
    case 'transaction':
      break
    case 'auto':
      if (!isPooler(await findPooler(appUrl))) return { appUrl, sessionUrl: appUrl }
      say('The database is behind a connection pooler, which is used as one in transaction mode.')
  }
  // A pooler can have a separate role for the database, which then has all rights of that role.
  await checkAppLogin(appUrl, databaseOf(login))
  return { appUrl: asPooled(appUrl), sessionUrl: withLoginOf(databaseDirectUrl ?? databaseUrl, login) }
}

/** @throws StartError for pool mode statement */
function isPooler(pooler: Pooler): boolean {
  if (pooler === 'statement') throw new StartError(poolModeStatement)
  return pooler === 'pooler'
}
