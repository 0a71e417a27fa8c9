import { readSqlFiles, type SqlFiles } from '../src/migrate/sql-files.ts'

/** The engine's SQL. */
export const files = await readSqlFiles()

/** The engine's files with additional or replaced functions. */
export function withFunctions(texts: Record<string, string>, release = files.release): SqlFiles {
  const unchanged = files.functions.filter((file) => !(file.name in texts))
  const added = Object.entries(texts).map(([name, text]) => ({ name, text, checksum: text }))
  return { ...files, release, functions: [...unchanged, ...added] }
}

/** The engine's files with one more migration. @param needs the release from which servers run after it */
export function withMigration(version: number, text: string, needs: string | null = null): SqlFiles {
  const name = `${String(version).padStart(4, '0')}-planted`
  return { ...files, migrations: [...files.migrations, { version, name, text, checksum: text, needs }] }
}
