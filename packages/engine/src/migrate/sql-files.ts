import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { engineRoot, readRelease } from './read-release.ts'

/** One migration: `version` is the number its name begins with. */
export type MigrationFile = { version: number; name: string; text: string; checksum: string }

/** One function's file: it creates `holdfast.<name>`, with all the overloads that should exist. */
export type FunctionFile = { name: string; text: string; checksum: string }

export type SqlFiles = {
  migrations: MigrationFile[]
  functions: FunctionFile[]
  grants: string
  /** The release of these files: the database has the functions of the newest release that has migrated it. */
  release: string
}

const migrationName = /^(\d{4})-[a-z0-9-]+$/
const functionName = /^[a-z][a-z0-9_]*$/

/**
 * Reads the engine's SQL from its package, in order.
 *
 * @throws Error for a file whose name breaks the rules, or two migrations of one number
 */
export async function readSqlFiles(root: URL = engineRoot): Promise<SqlFiles> {
  const [migrations, functions, grants, release] = await Promise.all([
    readFolder(new URL('sql/migrations/', root), migrationName),
    readFolder(new URL('sql/functions/', root), functionName),
    readFile(new URL('sql/grants.sql', root), 'utf8'),
    readRelease(root),
  ])
  const numbered = migrations.map((file) => ({ ...file, version: Number(file.name.slice(0, 4)) }))
  for (const [index, file] of numbered.entries()) {
    if (numbered[index - 1]?.version === file.version)
      throw new Error(`Two migrations have the number ${file.version}.`)
  }
  return { migrations: numbered, functions, grants, release }
}

let filesOfThisProcess: Promise<SqlFiles> | undefined

/** The same, read once: the files of a running process don't change. */
export function sqlFiles(): Promise<SqlFiles> {
  filesOfThisProcess ??= readSqlFiles()
  return filesOfThisProcess
}

async function readFolder(folder: URL, pattern: RegExp): Promise<FunctionFile[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
  return Promise.all(
    names.map(async (fileName) => {
      const name = fileName.slice(0, -'.sql'.length)
      if (!pattern.test(name)) throw new Error(`The name of ${fileName} in ${folder.pathname} should match ${pattern}.`)
      const text = await readFile(new URL(fileName, folder), 'utf8')
      return { name, text, checksum: checksumOf(text) }
    }),
  )
}

/** Line endings are ignored, because a checkout may have changed them. */
function checksumOf(text: string): string {
  return createHash('sha256').update(text.replaceAll('\r\n', '\n')).digest('hex')
}
