import type pg from 'pg'
import type { MigrationFile, SqlFiles } from './sql-files.ts'

/** The migrations, of which the first is the schema, and the function files that were applied to the database. */
export type Ledger = {
  migrations: { version: number; name: string; checksum: string; needs: string | null }[]
  functions: { name: string; checksum: string; release: string }[]
}

/**
 * The two tables of the ledger, and their schema. Not a migration, because migrations are recorded here. `release` is
 * the version of the engine that wrote the function. `needs_release`: older servers cannot use the database any more.
 */
export const ledgerDefinition = `
  create schema if not exists holdfast;
  create table if not exists holdfast.migration (
    version integer primary key,
    name text not null,
    checksum text not null,
    applied_at timestamptz not null default now(),
    needs_release text
  );
  create table if not exists holdfast.function_file (
    name text primary key,
    checksum text not null,
    release text not null,
    applied_at timestamptz not null default now()
  );`

export async function readLedger(connection: pg.Client | pg.Pool): Promise<Ledger> {
  const migrations = await connection.query<Ledger['migrations'][number]>(
    'select version, name, checksum, needs_release as needs from holdfast.migration order by version',
  )
  const functions = await connection.query<Ledger['functions'][number]>(
    'select name, checksum, release from holdfast.function_file order by name',
  )
  return { migrations: migrations.rows, functions: functions.rows }
}

/**
 * Whether a newer release than that of these files has migrated the database: it has migrations that are not among
 * them, or functions of a later release. Then its functions and grants are left as they are: an old server that
 * restarts during a rolling update must not overwrite those that the new servers use.
 */
export function isFromNewerRelease(ledger: Ledger, { schema, migrations, release }: SqlFiles): boolean {
  const known = new Set([schema, ...migrations].map(({ version }) => version))
  if (ledger.migrations.some((migration) => !known.has(migration.version))) return true
  return ledger.functions.some((file) => compareReleases(file.release, release) > 0)
}

/** A migration of the database that has dropped what a release before it needs, and this one is before it. */
export function tooNewFor(release: string, { migrations }: Ledger): Ledger['migrations'][number] | undefined {
  return migrations.find(({ needs }) => needs !== null && compareReleases(needs, release) > 0)
}

/**
 * Whether a migration waits for `holdfast migrate --contract`: it drops what the servers of the minor line before this
 * one use, and they may still run. Those of earlier lines run with this release no more.
 */
export function isPostponed({ needs }: Pick<MigrationFile, 'needs'>, release: string): boolean {
  const lineOf = (one: string) => one.split('.').slice(0, 2).join('.')
  return needs !== null && compareReleases(`${lineOf(needs)}.0`, `${lineOf(release)}.0`) >= 0
}

/** Negative, zero or positive, by the three numbers of a version. What follows a hyphen is ignored. */
export function compareReleases(left: string, right: string): number {
  const numbers = (release: string) => (release.split('-')[0] ?? '').split('.').map(Number)
  const rightNumbers = numbers(right)
  for (const [index, number] of numbers(left).entries()) {
    const difference = number - (rightNumbers[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
