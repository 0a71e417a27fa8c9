import type pg from 'pg'

/** What the database remembers of the files that made it. */
export type Ledger = {
  migrations: { version: number; name: string; checksum: string }[]
  functions: { name: string; checksum: string; release: string }[]
}

/**
 * The two tables of the ledger, and the schema they stand in. Not a migration: migrations are written down here.
 * `release` is the engine's version whose text the function has.
 */
export const ledgerDefinition = `
  create schema if not exists holdfast;
  create table if not exists holdfast.migration (
    version integer primary key,
    name text not null,
    checksum text not null,
    applied_at timestamptz not null default now()
  );
  create table if not exists holdfast.function_file (
    name text primary key,
    checksum text not null,
    release text not null,
    applied_at timestamptz not null default now()
  );`

export async function readLedger(connection: pg.Client | pg.Pool): Promise<Ledger> {
  const migrations = await connection.query<Ledger['migrations'][number]>(
    'select version, name, checksum from holdfast.migration order by version',
  )
  const functions = await connection.query<Ledger['functions'][number]>(
    'select name, checksum, release from holdfast.function_file order by name',
  )
  return { migrations: migrations.rows, functions: functions.rows }
}

/**
 * Whether the database was made by a newer Holdfast than these files: it has migrations they don't know, or functions
 * of a later release. Then its functions and grants are left as they are — an old server that restarts during a
 * rolling update must not put the old ones back under the new servers.
 */
export function isFromNewerRelease(
  ledger: Ledger,
  files: { migrations: { version: number }[]; release: string },
): boolean {
  const known = new Set(files.migrations.map((file) => file.version))
  if (ledger.migrations.some((migration) => !known.has(migration.version))) return true
  return ledger.functions.some((file) => compareReleases(file.release, files.release) > 0)
}

/** Negative, zero, positive, by the three numbers of a version. What follows a hyphen doesn't count. */
export function compareReleases(left: string, right: string): number {
  const numbers = (release: string) => (release.split('-')[0] ?? '').split('.').map(Number)
  const rightNumbers = numbers(right)
  for (const [index, number] of numbers(left).entries()) {
    const difference = number - (rightNumbers[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
