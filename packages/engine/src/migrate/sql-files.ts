import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { engineRoot, readRelease } from './read-release.ts'

/** `name` is that of the file, without `.sql`. */
export type SqlFile = { name: string; text: string; checksum: string }

/**
 * One migration: `version` is the number its name begins with. `needs`: it drops what servers of releases before that
 * one use, as its first line says (`-- Needs release 0.4.0`); null: it only adds.
 */
export type MigrationFile = SqlFile & { version: number; needs: string | null }

/**
 * One function's file: it creates `holdfast.<name>`, with all the overloads that should exist. It is in the folder of
 * its concern.
 */
export type FunctionFile = SqlFile

/** What creates the tables of a new database. The ledger has it as a migration. */
export type Schema = Omit<MigrationFile, 'text'> & { files: SqlFile[] }

export type SqlFiles = {
  schema: Schema
  migrations: MigrationFile[]
  functions: FunctionFile[]
  grants: string
  /** The release of these files: the database has the functions of the newest release that has migrated it. */
  release: string
}

/** Migrations up to 401 were replaced by the files of the schema: docs/decisions/0034. */
const schemaMigration = { version: 402, name: '0402-schema', needs: null }

const schemaName = /^\d{2}-[a-z0-9-]+$/
const migrationName = /^(\d{4})-[a-z0-9-]+$/
const functionName = /^[a-z][a-z0-9_]*$/

/**
 * Reads the engine's SQL from its package, in order.
 *
 * @throws Error for a file whose name breaks the rules, two migrations of one number, one below the schema's, or two
 *   functions of one name
 */
export async function readSqlFiles(root: URL = engineRoot): Promise<SqlFiles> {
  const [schema, migrations, functions, grants, release] = await Promise.all([
    readFolder(new URL('sql/schema/', root), schemaName),
    readFolder(new URL('sql/migrations/', root), migrationName),
    readFunctions(new URL('sql/functions/', root)),
    readFile(new URL('sql/grants.sql', root), 'utf8'),
    readRelease(root),
  ])
  const checksum = checksumOf(schema.map((file) => file.checksum).join())
  return {
    schema: { ...schemaMigration, checksum, files: schema },
    migrations: numbered(migrations),
    functions,
    grants,
    release,
  }
}

function numbered(files: SqlFile[]): MigrationFile[] {
  const migrations = files.map((file) => {
    const [, needs = null] = /^-- Needs release (\d+\.\d+\.\d+)\b/.exec(file.text) ?? []
    return { ...file, version: Number(file.name.slice(0, 4)), needs }
  })
  for (const [index, { name, version }] of migrations.entries()) {
    if (version <= schemaMigration.version) {
      throw new Error(`The number of ${name} should be above that of the schema, ${schemaMigration.version}.`)
    }
    if (migrations[index - 1]?.version === version) throw new Error(`Two migrations have the number ${version}.`)
  }
  return migrations
}

let filesOfThisProcess: Promise<SqlFiles> | undefined

/** The same, read once: the files of a running process don't change. */
export function sqlFiles(): Promise<SqlFiles> {
  filesOfThisProcess ??= readSqlFiles()
  return filesOfThisProcess
}

async function readFunctions(folder: URL): Promise<FunctionFile[]> {
  const functions = (await readFolder(folder, functionName)).sort((one, other) => (one.name < other.name ? -1 : 1))
  for (const [index, { name }] of functions.entries()) {
    if (functions[index - 1]?.name === name) throw new Error(`Two files create the function ${name}.`)
  }
  return functions
}

/** The files of a folder and those in it, in the order of their paths. */
async function readFolder(folder: URL, pattern: RegExp): Promise<SqlFile[]> {
  const paths = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith('.sql')).sort()
  return Promise.all(
    paths.map(async (path) => {
      const name = basename(path, '.sql')
      if (!pattern.test(name)) throw new Error(`The name of ${path} in ${folder.pathname} should match ${pattern}.`)
      const text = await readFile(new URL(path, folder), 'utf8')
      return { name, text, checksum: checksumOf(text) }
    }),
  )
}

/** Line endings are ignored, because a checkout may have changed them. */
function checksumOf(text: string): string {
  return createHash('sha256').update(text.replaceAll('\r\n', '\n')).digest('hex')
}
