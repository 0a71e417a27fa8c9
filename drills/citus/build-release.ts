import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TableKind } from '@holdfast/engine/table-kinds'
import type { NextRelease } from './releases/next-releases.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const packages = ['adapters', 'cli', 'contract', 'engine', 'server', 'web']

/**
 * Builds a release in a directory: the sources of this one with more migrations, functions and tables.
 *
 * @returns its directory, for {@link commandOf}
 */
export async function buildRelease(release: NextRelease, directory: string): Promise<string> {
  const target = join(directory, release.name)
  for (const name of packages) {
    const filter = (path: string) => !/\/(node_modules|browser-tests|help|public|locales)$|\.test\.tsx?$/.test(path)
    await cp(join(root, 'packages', name), join(target, 'packages', name), { recursive: true, filter })
  }
  await linkModules(target)
  const engine = join(target, 'packages/engine')
  const planted = (part: string, folder: string) =>
    fileURLToPath(new URL(`releases/${part}/${folder}/`, import.meta.url))
  const into = (folder: string) => join(engine, 'sql', folder)
  for (const part of release.parts) await cp(planted(part, 'migrations'), into('migrations'), { recursive: true })
  await cp(planted(release.parts.at(-1) ?? '', 'functions'), into('functions'), { recursive: true })
  await change(join(engine, 'src/shards/tables/table-kinds.ts'), (text) =>
    text
      .replace('  account_mail:', `${linesOf(release.tables)}  account_mail:`)
      .replace(/(formerTableKinds[^\n]*= \{)\}/, `$1${linesOf(release.formerTables)}}`),
  )
  const { tables, functions } = release.grants
  await change(join(engine, 'sql/grants.sql'), (text) =>
    text
      .replace('-- Plain tables.', `grant select on ${tables.join(', ')} to holdfast_app;\n-- Plain tables.`)
      .replace("'admit_claims'", `'admit_claims', ${functions.map((name) => `'${name}'`).join(', ')}`),
  )
  return target
}

/** The command line of a release. */
export function commandOf(directory: string): string[] {
  return [process.execPath, join(directory, 'packages/cli/src/main.ts')]
}

/** All packages of others are those of this checkout. */
async function linkModules(target: string): Promise<void> {
  const modules = join(target, 'node_modules')
  await mkdir(join(modules, '@holdfast'), { recursive: true })
  for (const name of await readdir(join(root, 'node_modules'))) {
    if (name !== '@holdfast') await symlink(join(root, 'node_modules', name), join(modules, name))
  }
  for (const name of packages) await symlink(join(target, 'packages', name), join(modules, '@holdfast', name))
}

function linesOf(kinds: Readonly<Record<string, TableKind>>): string {
  return Object.entries(kinds)
    .map(([name, kind]) => `  ${name}: '${kind}',\n`)
    .join('')
}

async function change(path: string, by: (text: string) => string): Promise<void> {
  const text = await readFile(path, 'utf8')
  const changed = by(text)
  if (changed === text) throw new Error(`Nothing was changed in ${path}.`)
  await writeFile(path, changed)
}
