import { randomBytes } from 'node:crypto'
import type pg from 'pg'

/**
 * The server's secrets: the first signs, all are accepted. Those of HOLDFAST_SECRET where it is set; else one of 32
 * random bytes (base64url), made once and kept in `holdfast.setting`, which only the owner can read. Any number of
 * processes that start at once get the same.
 *
 * @param ownerPool the owner's: the application role may not read it
 * @param fromEnvironment what HOLDFAST_SECRET holds, newest first; null: it isn't set
 */
export async function serverSecrets(ownerPool: pg.Pool, fromEnvironment: readonly string[] | null): Promise<string[]> {
  if (fromEnvironment !== null && fromEnvironment.length > 0) return [...fromEnvironment]
  return [await settingMadeOnce(ownerPool, 'secret')]
}

/** A random text of 256 bits, kept under a name; the first process that asks makes it. */
export async function settingMadeOnce(owner: pg.Pool | pg.ClientBase, name: string): Promise<string> {
  await owner.query('insert into holdfast.setting (name, value) values ($1, $2) on conflict (name) do nothing', [
    name,
    randomBytes(32).toString('base64url'),
  ])
  const { rows } = await owner.query<{ value: string }>('select value from holdfast.setting where name = $1', [name])
  const value = rows[0]?.value
  if (value === undefined) throw new Error(`The setting ${name} vanished from holdfast.setting.`)
  return value
}
