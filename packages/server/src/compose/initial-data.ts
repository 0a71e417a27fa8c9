import { randomBytes } from 'node:crypto'
import { refusalText } from '../accounts/passwords/new-passwords.ts'
import { createSiteAdministrator } from '../accounts/site-administrators.ts'
import type { Config } from '../config/config.ts'
import { oneAtATime } from '../lifecycle/one-at-a-time.ts'
import { StartError } from '../lifecycle/start-error.ts'
import type { ComposedServer } from './compose-server.ts'
import { createDemoData, type Demo } from './demo-data.ts'

/** The account that this start created. `password` is null if the settings contain it. */
export type NewAdministrator = { email: string; password: string | null }

const emailDefault = 'admin@holdfast.local'

/**
 * Creates what an empty database needs before anyone can use it: the demo clinic if requested, and a site
 * administrator if there is none.
 *
 * @param onAdministrator prints the password. Called before the commit: if the process ends after it, no later start
 * prints the password; if it ends before, the next start creates the account with another password.
 */
export async function createInitialData(
  server: Pick<ComposedServer, 'engine' | 'engineOf' | 'accounts'>,
  options: { ownerUrl: string; config: Config; demo: Demo; onAdministrator: (created: NewAdministrator) => void },
): Promise<void> {
  await oneAtATime(options.ownerUrl, async () => {
    const { ownerUrl, demo, config } = options
    await createDemoData(server, { ownerUrl, demo, sendsMails: config.smtpUrl !== null })
    await ensureAdministrator(server, options)
  })
}

async function ensureAdministrator(
  { accounts }: Pick<ComposedServer, 'accounts'>,
  { ownerUrl, config, onAdministrator }: Parameters<typeof createInitialData>[1],
): Promise<void> {
  if (await accounts.hasSiteAdministrator()) return
  const email = config.adminEmail ?? emailDefault
  const password = config.adminPassword ?? randomBytes(12).toString('base64url')
  const isGenerated = config.adminPassword === null
  const created = await createSiteAdministrator(
    accounts,
    { email, name: 'Administrator', password, mustChangePassword: isGenerated },
    {
      owner: { url: ownerUrl, shards: config.shards },
      kind: 'system',
      beforeCommit: () => onAdministrator({ email, password: isGenerated ? password : null }),
    },
  )
  if (created.kind === 'password_refused') {
    throw new StartError(`HOLDFAST_ADMIN_PASSWORD ${refusalText(created.refusal)}.`)
  }
  if (created.kind === 'email_taken') throw addressTaken(email)
}

/** Anybody can sign up with any address, so an existing account may be a stranger's. */
function addressTaken(email: string): StartError {
  return new StartError(
    `There is no site administrator, and ${email} (HOLDFAST_ADMIN_EMAIL) belongs to an account that may be ` +
      `anybody's. Set another address, or run \`holdfast admin create --email ${email} --promote ACCOUNT_ID\`.`,
  )
}
