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
  const given = options.passwordStdin === true ? await passwordFromStdin(context) : null
  const made = await withPreparedDatabase(context, async (database, config) => {
    const opened = await openAccounts(config, database, createLogger('warn'))
    try {
      return await createOrPromote(opened.accounts, email, options.name?.trim() || email, given)
    } finally {
      await opened.close()
    }
  })
  report(context, made, email, options.json === true)
  return 0
}

type Made =
  /** `password` is the made-up one, printed this once; null where it was given. */
  | { kind: 'created'; accountId: string; password: string | null }
  | { kind: 'promoted'; accountId: string; passwordChanged: boolean }

type Accounts = Awaited<ReturnType<typeof openAccounts>>['accounts']

async function createOrPromote(accounts: Accounts, email: string, name: string, given: string | null): Promise<Made> {
  if ((await accounts.byEmail(email)) !== null) return promote(accounts, email, given)
  const password = given ?? randomBytes(18).toString('base64url')
  const created = await accounts.createAccount({ email, name, password })
  if (created.kind === 'password_length') throw wrongLength(created)
  if (created.kind === 'created') {
    await accounts.makeSiteAdministrator(created.account.id)
    return { kind: 'created', accountId: created.account.id, password: given === null ? password : null }
  }
  // Somebody signed up with it a moment ago.
  return promote(accounts, email, given)
}

async function promote(accounts: Accounts, email: string, given: string | null): Promise<Made> {
  const account = await accounts.byEmail(email)
  if (account === null) throw new Error(`The account ${email} exists and cannot be found.`)
  if (given !== null) {
    const changed = await accounts.setPassword(account.id, given)
    if (changed.kind === 'password_length') throw wrongLength(changed)
  }
  await accounts.makeSiteAdministrator(account.id)
  return { kind: 'promoted', accountId: account.id, passwordChanged: given !== null }
}

function wrongLength({ min, max }: { min: number; max: number }): CommandRefusal {
  return new CommandRefusal(`the password has to have ${min} to ${max} characters`)
}

/** One line; what follows it is not the password's. */
async function passwordFromStdin({ readStdin }: CommandContext): Promise<string> {
  const [password = ''] = (await readStdin()).split(/\r?\n/)
  if (password === '') throw new CommandRefusal('--password-stdin: standard input holds no password')
  return password
}

function report({ terminal }: CommandContext, made: Made, email: string, asJson: boolean): void {
  if (asJson) {
    terminal.json({ ...made, email })
    return
  }
  if (made.kind === 'promoted') {
    terminal.out(`${email} had an account, and is now a site administrator.`)
    terminal.out(
      made.passwordChanged ? 'The password was changed; every session has ended.' : 'The password stays what it was.',
    )
    return
  }
  terminal.out(`Administrator: ${email}`)
  if (made.password !== null) terminal.out(`Password: ${made.password}`)
}
