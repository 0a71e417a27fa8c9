import { chown, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { accountOf, isRoot } from './programs.ts'

export const deploy = join(import.meta.dirname, '../../deploy')

/** Names of the variables, without `HOLDFAST_`. */
export type TemplateValues = Readonly<Record<string, string | number>>

/**
 * Writes a file from a template of deploy/, as envsubst does. @throws Error if a variable has no value
 *
 * @param user who reads it, if this process is root's
 */
export async function fillTemplate(
  template: string,
  file: string,
  values: TemplateValues,
  user?: string,
): Promise<string> {
  const text = await readFile(join(deploy, template), 'utf8')
  const filled = text.replaceAll(/\$\{HOLDFAST_(\w+)\}/g, (variable, name: string) => {
    const value = values[name]
    if (value === undefined) throw new Error(`${template} has ${variable}, which has no value.`)
    return String(value)
  })
  // Passwords.
  await writeFile(file, filled, { mode: 0o600 })
  await giveTo(user, file)
  return file
}

/** Makes a user the owner of a file or directory, if this process is root's. */
export async function giveTo(user: string | undefined, path: string): Promise<void> {
  const account = user === undefined || !isRoot() ? null : accountOf(user)
  if (account !== null) await chown(path, account.uid, account.gid)
}
