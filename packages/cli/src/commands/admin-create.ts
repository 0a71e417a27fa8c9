import { randomBytes } from 'node:crypto'
import { openAccounts } from '@holdfast/server/accounts'
import { createLogger } from '@holdfast/server/logger'
import { type CommandContext, CommandRefusal, type ExitCode } from '../command.ts'
import type { AdminCreateOptions } from '../program.ts'
import { withPreparedDatabase } from '../with-database.ts'

const emailCharactersMax = 254

/** `holdfast admin create`: a site administrator, new or from an existing account. */
export async function adminCreateCommand(context: CommandContext, options: AdminCreateOptions): Promise<ExitCode> {
  const email = options.email.trim().toLowerCase()
  if (email.length > emailCharactersMax || !/^[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$/u.test(email)) {
    throw new CommandRefusal(`--email ${JSON.stringify(options.email)} is not an e-mail address`, 2)
  }
  const givenPassword = options.passwordStdin === true ? await passwordFromStdin(context) : null
  const outcome = await withPreparedDatabase(context, async (database, config) => {
    const opened = await openAccounts(config, database, createLogger('warn'))
    try {
      return await createOrPromote(opened.accounts, email, options.name?.trim() || email, givenPassword)
    } finally {
      await opened.close()
    }
  })
  report(context, outcome, email, options.json === true)
  return 0
}

type AdminCreated =
  /** `password`: the generated one, printed only once; null: it came from standard input. */
  | { kind: 'created'; accountId: string; password: string | null }
  | { kind: 'promoted'; accountId: string; passwordChanged: boolean }

type Accounts = Awaited<ReturnType<typeof openAccounts>>['accounts']

async function createOrPromote(
  accounts: Accounts,
  email: string,
  name: string,
  givenPassword: string | null,
): Promise<AdminCreated> {
  if ((await accounts.byEmail(email)) !== null) return promote(accounts, email, givenPassword)
  const password = givenPassword ?? randomBytes(18).toString('base64url')
  const created = await accounts.createAccount({ email, name, password })
  if (created.kind === 'password_length') throw wrongLength(created)
  if (created.kind === 'created') {
    await accounts.makeSiteAdministrator(created.account.id)
    return { kind: 'created', accountId: created.account.id, password: givenPassword === null ? password : null }
  }
  // Somebody has just signed up with this address.
  return promote(accounts, email, givenPassword)
}

async function promote(accounts: Accounts, email: string, givenPassword: string | null): Promise<AdminCreated> {
  const account = await accounts.byEmail(email)
  if (account === null) throw new Error(`The account ${email} exists and cannot be found.`)
  if (givenPassword !== null) {
    const changed = await accounts.setPassword(account.id, givenPassword)
    if (changed.kind === 'password_length') throw wrongLength(changed)
  }
  await accounts.makeSiteAdministrator(account.id)
  return { kind: 'promoted', accountId: account.id, passwordChanged: givenPassword !== null }
}

function wrongLength({ min, max }: { min: number; max: number }): CommandRefusal {
  return new CommandRefusal(`the password must have ${min} to ${max} characters`)
}

/** The first line; the rest is not part of the password. */
async function passwordFromStdin({ readStdin }: CommandContext): Promise<string> {
  const [password = ''] = (await readStdin()).split(/\r?\n/)
  if (password === '') throw new CommandRefusal('--password-stdin: standard input contains no password')
  return password
}

function report({ terminal }: CommandContext, outcome: AdminCreated, email: string, asJson: boolean): void {
  if (asJson) {
    terminal.json({ ...outcome, email })
    return
  }
  if (outcome.kind === 'promoted') {
    terminal.out(`${email} had an account, and is now a site administrator.`)
    terminal.out(
      outcome.passwordChanged ? 'The password was changed; every session has ended.' : 'The password is unchanged.',
    )
    return
  }
  terminal.out(`Administrator: ${email}`)
  if (outcome.password !== null) terminal.out(`Password: ${outcome.password}`)
}
