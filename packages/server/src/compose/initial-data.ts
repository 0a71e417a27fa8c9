import { randomBytes } from 'node:crypto'
import type { AuditDetail } from '@holdfast/contract'
import { refusalText } from '../accounts/new-passwords.ts'
import { makeSiteAdministrator } from '../accounts/site-administrators.ts'
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
 */
export async function createInitialData(
  server: Pick<ComposedServer, 'engine' | 'accounts'>,
  options: { ownerUrl: string; config: Config; demo: Demo },
): Promise<NewAdministrator | null> {
  return oneAtATime(options.ownerUrl, async () => {
    await createDemoData(server.engine, options.ownerUrl, options.demo)
    return ensureAdministrator(server, options.ownerUrl, options.config)
  })
}

async function ensureAdministrator(
  { accounts, engine }: Pick<ComposedServer, 'accounts' | 'engine'>,
  ownerUrl: string,
  config: Config,
): Promise<NewAdministrator | null> {
  if (await accounts.hasSiteAdministrator()) return null
  const email = config.adminEmail ?? emailDefault
  const password = config.adminPassword ?? randomBytes(12).toString('base64url')
  const created = await accounts.createAccount({
    email,
    name: 'Administrator',
    password,
    mustChangePassword: config.adminPassword === null,
  })
  if (created.kind === 'password_refused') {
    throw new StartError(`HOLDFAST_ADMIN_PASSWORD ${refusalText(created.refusal)}.`)
  }
  if (created.kind === 'email_taken') throw addressTaken(email)
  const subjectId = created.account.id
  await makeSiteAdministrator(ownerUrl, subjectId)
  const details: AuditDetail[] = ['created']
  const event = { kind: 'site_administrator_granted', actorKind: 'system', subjectId, details } as const
  await engine.auditLog.append([{ ...event, clinicNo: 0, actorId: null, network: null, count: 1, ageMs: 0 }])
  return { email, password: config.adminPassword === null ? password : null }
}

/** Anybody can sign up with any address, so an existing account may be a stranger's. */
function addressTaken(email: string): StartError {
  return new StartError(
    `There is no site administrator, and ${email} (HOLDFAST_ADMIN_EMAIL) belongs to an account that may be ` +
      `anybody's. Set another address, or run \`holdfast admin create --email ${email} --promote ACCOUNT_ID\`.`,
  )
}
