import { randomBytes } from 'node:crypto'
import {
  changeDatabaseUrl,
  everybodyCreatesLargeObjects,
  isDatabaseUnusable,
  largeObjectsStep,
  mayConnectTo,
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
const name = 'holdfast setup-database'

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
  const { done, leftOut, unknown } = await runSteps(options.as, names)
  const isNewRole = done.some((statement) => statement.startsWith('CREATE ROLE') && !statement.includes('NOLOGIN'))
  const login = { database: names.database, user: names.owner, password: isNewRole ? password : 'PASSWORD' }
  const databaseUrl = changeDatabaseUrl(options.as, login)
  if (options.json === true) terminal.json({ done: done.length, leftOut, unknown, databaseUrl })
  else {
    if (done.length > 0) terminal.out(`Done: ${done.length} statements.`)
    else if (unknown.length === 0) terminal.out('Everything is there: nothing to do.')
    for (const statement of leftOut) terminal.out(`Left out, because only a superuser can do it: ${statement}`)
    for (const statement of unknown) {
      terminal.out(`Not checked, because this login may not connect to ${names.database}: ${statement}`)
    }
    terminal.out(`DATABASE_URL=${databaseUrl}`)
    if (!isNewRole) terminal.out(`The role ${names.owner} existed before: put its password in place of PASSWORD.`)
  }
  return 0
}

function printScript({ terminal }: CommandContext, script: readonly string[], url: string): void {
  terminal.note('Have an administrator of the database server, a superuser or a role with CREATEROLE and CREATEDB,')
  terminal.note('run this with psql, any number of times; or run this command again with --as. Then start Holdfast')
  terminal.note('with the DATABASE_URL below.')
  for (const line of script) terminal.out(line)
  terminal.out(`-- DATABASE_URL=${url}`)
}

type Pool = Parameters<Parameters<typeof withPool>[1]>[0]

type Ran = {
  /** The statements that were needed. */
  done: string[]
  /** Those that are needed, and that this login cannot run. */
  leftOut: string[]
  /** Those of which this login cannot see whether they are needed. */
  unknown: string[]
}

async function runSteps(url: string, names: SetupNames): Promise<Ran> {
  try {
    const { done, mayConnect } = await withPool({ url, name }, async (pool) => ({
      done: await runIn(pool, setupSteps(names)),
      mayConnect: await holds(pool, mayConnectTo(names.database)),
    }))
    // Then nobody may connect but who is allowed to, which is the last step that is not a superuser's.
    if (!mayConnect) return { done, leftOut: [], unknown: [largeObjectsStep.statement] }
    return await withPool({ url: changeDatabaseUrl(url, { database: names.database }), name }, async (pool) => {
      const doneThere = await runIn(pool, stepsInDatabase(names.database))
      const isLeftOut = await holds(pool, everybodyCreatesLargeObjects)
      return { done: [...done, ...doneThere], leftOut: isLeftOut ? [largeObjectsStep.statement] : [], unknown: [] }
    })
  } catch (error) {
    throw refusalOf(error) ?? error
  }
}

async function runIn(pool: Pool, steps: readonly SetupStep[]): Promise<string[]> {
  const done: string[] = []
  for (const { isNeeded, statement } of steps) {
    if (!(await holds(pool, isNeeded))) continue
    await pool.query(statement)
    done.push(statement)
  }
  return done
}

/** @param condition SQL, in which names and the password are quoted */
async function holds(pool: Pool, condition: string): Promise<boolean> {
  return (await pool.query(`select where ${condition}`)).rows.length > 0
}

function refusalOf(error: unknown): CommandRefusal | null {
  if (error instanceof Error && 'code' in error && error.code === insufficientPrivilege) {
    return new CommandRefusal(
      `the login of --as may not do this (${messageOf(error)}): use a superuser, or a role with CREATEROLE and ` +
        'CREATEDB that may grant the roles that exist',
    )
  }
  return isDatabaseUnusable(error) ? new CommandRefusal(`--as cannot be used: ${messageOf(error)}`) : null
}
