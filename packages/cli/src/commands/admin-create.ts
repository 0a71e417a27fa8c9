import { randomBytes } from 'node:crypto'
import { normalizedEmail } from '@holdfast/engine'
import {
  createSiteAdministrator,
  type Owner,
  openAccounts,
  promoteToSiteAdministrator,
  refusalText,
} from '@holdfast/server/accounts'
import { createLogger } from '@holdfast/server/logger'
import { isName, lengths, nameExpected } from '@holdfast/vocabulary'
import { type CommandContext, CommandRefusal, type ExitCode } from '../command.ts'
import type { JsonOption } from '../command-options.ts'
import { withPreparedDatabase } from '../with-database.ts'

export type AdminCreateOptions = JsonOption & {
  email: string
  name?: string
  passwordStdin?: boolean
  promote?: string
}

/** `holdfast admin create`: a site administrator with a new account, or the existing account named by `--promote`. */
export async function adminCreateCommand(context: CommandContext, options: AdminCreateOptions): Promise<ExitCode> {
  const email = normalizedEmail(options.email)
  if (email.length > lengths.email || !/^[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$/u.test(email)) {
    throw new CommandRefusal(`--email ${JSON.stringify(options.email)} is not an e-mail address`, 2)
  }
  const name = options.name?.trim() || email
  // An e-mail address is longer than a name that is entered may be.
  if (name !== email && !isName(name, lengths.name)) {
    throw new CommandRefusal(`--name ${JSON.stringify(name)} is not ${nameExpected}`, 2)
  }
  const accountId = options.promote?.trim().toLowerCase() ?? null
  if (accountId !== null && options.passwordStdin === true) {
    throw new CommandRefusal('--password-stdin is for a new account: --promote leaves the password as it is', 2)
  }
  const givenPassword = options.passwordStdin === true ? await passwordFromStdin(context) : null
  const outcome = await withPreparedDatabase(context, async (database, config) => {
    const opened = await openAccounts(config, database, createLogger('warn'))
    const owner = { url: database.ownerUrl, shards: config.shards }
    try {
      return accountId === null
        ? await create(opened.accounts, owner, { email, name, givenPassword })
        : await promote(opened.accounts, owner, email, accountId)
    } finally {
      await opened.close()
    }
  })
  report(context, outcome, email, options.json === true)
  return 0
}

type AdminCreated =
  /** `password`: the generated one, printed only once; null: it came from standard input. */
  { kind: 'created'; accountId: string; password: string | null } | { kind: 'promoted'; accountId: string }

type Accounts = Awaited<ReturnType<typeof openAccounts>>['accounts']

async function create(
  accounts: Accounts,
  owner: Owner,
  { email, name, givenPassword }: { email: string; name: string; givenPassword: string | null },
): Promise<AdminCreated> {
  if ((await accounts.byEmail(email)) !== null) throw accountExists(email)
  const password = givenPassword ?? randomBytes(18).toString('base64url')
  const account = { email, name, password, mustChangePassword: givenPassword === null }
  const created = await createSiteAdministrator(accounts, account, { owner, kind: 'command' })
  if (created.kind === 'password_refused') {
    throw new CommandRefusal(`the password ${refusalText(created.refusal)}`)
  }
  // Somebody has just signed up with this address.
  if (created.kind === 'email_taken') throw accountExists(email)
  return { kind: 'created', accountId: created.account.id, password: givenPassword === null ? password : null }
}

/**
 * The message does not name the account's id: the administrator has to get it from the person, which shows that the
 * account is theirs.
 */
function accountExists(email: string): CommandRefusal {
  return new CommandRefusal(
    `${email} has an account already. Anybody can sign up with any address, so this may be a stranger's account. If ` +
      'it is the right person, let them read the id on their account page, and run this again with --promote ID',
  )
}

async function promote(accounts: Accounts, owner: Owner, email: string, accountId: string): Promise<AdminCreated> {
  const account = await accounts.byEmail(email)
  if (account?.id !== accountId) {
    throw new CommandRefusal(`--promote ${JSON.stringify(accountId)} is not the id of an account with ${email}`)
  }
  await promoteToSiteAdministrator(owner, accountId)
  return { kind: 'promoted', accountId }
}

const passwordBytesMax = 10_000

/** The first line; the rest is not part of the password. */
async function passwordFromStdin({ readStdin }: CommandContext): Promise<string> {
  const piped = await readStdin(passwordBytesMax)
  if (piped === null)
    throw new CommandRefusal(`--password-stdin: standard input is larger than ${passwordBytesMax} bytes`)
  const [password = ''] = piped.toString('utf8').split(/\r?\n/)
  if (password === '') throw new CommandRefusal('--password-stdin: standard input contains no password')
  return password
}

function report({ terminal }: CommandContext, outcome: AdminCreated, email: string, asJson: boolean): void {
  if (asJson) {
    terminal.json({ ...outcome, email })
    return
  }
  if (outcome.kind === 'promoted') {
    terminal.out(`${email} is now a site administrator. The password is unchanged.`)
    return
  }
  terminal.out(`Administrator: ${email}`)
  if (outcome.password === null) return
  terminal.out(`Password: ${outcome.password}`)
  terminal.out('It has to be changed after the first sign-in.')
}
