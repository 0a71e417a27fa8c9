import { randomBytes } from 'node:crypto'
import {
  changeDatabaseUrl,
  isDatabaseUnusable,
  type SetupNames,
  type SetupStep,
  scramVerifier,
  setupScript,
  setupSteps,
  stepsInDatabase,
  withPool,
} from '@holdfast/engine'
import { messageOf } from '@holdfast/vocabulary'
import { type CommandContext, CommandRefusal, type ExitCode } from '../command.ts'
import type { JsonOption } from '../command-options.ts'

export type SetupDatabaseOptions = JsonOption & { as?: string; database: string; owner: string }

const insufficientPrivilege = '42501'

/** `holdfast setup-database`: creates the role and the database that DATABASE_URL names, or prints the SQL for it. */
export async function setupDatabaseCommand(context: CommandContext, options: SetupDatabaseOptions): Promise<ExitCode> {
  const { terminal } = context
  const password = randomBytes(24).toString('base64url')
  const names = { database: options.database, owner: options.owner, password: scramVerifier(password) }
  if (options.as === undefined) {
    const [owner, database] = [names.owner, names.database].map(encodeURIComponent)
    const url = `postgres://${owner}:${password}@HOST:5432/${database}`
    const script = setupScript(names)
    if (options.json === true) terminal.json({ script, databaseUrl: url })
    else printScript(context, script, url)
    return 0
  }
  const done = await runSteps(options.as, names)
  const isNewRole = done.some((statement) => statement.startsWith('CREATE ROLE') && !statement.includes('NOLOGIN'))
  const login = { database: names.database, user: names.owner, password: isNewRole ? password : 'PASSWORD' }
  const databaseUrl = changeDatabaseUrl(options.as, login)
  if (options.json === true) terminal.json({ done: done.length, databaseUrl })
  else {
    terminal.out(done.length === 0 ? 'Everything is there: nothing to do.' : `Done: ${done.length} statements.`)
    terminal.out(`DATABASE_URL=${databaseUrl}`)
    if (!isNewRole) terminal.out(`The role ${names.owner} existed before: put its password in place of PASSWORD.`)
  }
  return 0
}

function printScript({ terminal }: CommandContext, script: readonly string[], url: string): void {
  terminal.note('Have a superuser of the database server run this with psql, any number of times; or run this command')
  terminal.note('again with --as. Then start Holdfast with the DATABASE_URL below.')
  for (const line of script) terminal.out(line)
  terminal.out(`-- DATABASE_URL=${url}`)
}

/** @returns the statements that were needed */
async function runSteps(url: string, names: SetupNames): Promise<string[]> {
  try {
    const done = await runIn(url, setupSteps(names))
    const inDatabase = changeDatabaseUrl(url, { database: names.database })
    return [...done, ...(await runIn(inDatabase, stepsInDatabase(names.database)))]
  } catch (error) {
    throw refusalOf(error) ?? error
  }
}

function runIn(url: string, steps: readonly SetupStep[]): Promise<string[]> {
  return withPool({ url, name: 'holdfast setup-database' }, async (pool) => {
    const done: string[] = []
    for (const { isNeeded, statement } of steps) {
      // Names and the password are quoted by setupSteps.
      const { rows } = await pool.query(`select where ${isNeeded}`)
      if (rows.length === 0) continue
      await pool.query(statement)
      done.push(statement)
    }
    return done
  })
}

function refusalOf(error: unknown): CommandRefusal | null {
  if (error instanceof Error && 'code' in error && error.code === insufficientPrivilege) {
    return new CommandRefusal(`the login of --as may not do this (${messageOf(error)}): use a superuser`)
  }
  return isDatabaseUnusable(error) ? new CommandRefusal(`--as cannot be used: ${messageOf(error)}`) : null
}
