import { randomBytes } from 'node:crypto'
import type pg from 'pg'
import sql from 'sql-template-tag'

/**
 * The server's secrets: the first signs, all are accepted. They are those of HOLDFAST_SECRET where it is set; else one
 * of 32 random bytes (base64url), generated once and stored in `holdfast.setting`, which the owner can read. Any number
 * of processes that start at once get the same.
 *
 * @param ownerPool the owner's: the application role may not read it
 * @param fromEnvironment what HOLDFAST_SECRET holds, newest first; null: it isn't set
 */
export async function serverSecrets(ownerPool: pg.Pool, fromEnvironment: readonly string[] | null): Promise<string[]> {
  if (fromEnvironment !== null && fromEnvironment.length > 0) return [...fromEnvironment]
  return [await generatedSetting(ownerPool, 'secret')]
}

/** The secret that {@link serverSecrets} stored; null: there is none. */
export async function storedSecret(ownerPool: pg.Pool): Promise<string | null> {
  const { rows } = await ownerPool.query<{ value: string }>(sql`
    select value from holdfast.setting where name = 'secret'`)
  return rows[0]?.value ?? null
}

/** Removes the stored secret, if it is still this one. */
export async function deleteStoredSecret(ownerPool: pg.Pool, secret: string): Promise<void> {
  await ownerPool.query(sql`delete from holdfast.setting where name = 'secret' and value = ${secret}`)
}

/** A random text of 256 bits, generated and stored under `name` by the first process that needs it. */
export async function generatedSetting(owner: pg.Pool | pg.ClientBase, name: string): Promise<string> {
  const random = randomBytes(32).toString('base64url')
  await owner.query(sql`
    insert into holdfast.setting (name, value) values (${name}, ${random}) on conflict (name) do nothing`)
  const { rows } = await owner.query<{ value: string }>(sql`select value from holdfast.setting where name = ${name}`)
  const value = rows[0]?.value
  if (value === undefined) throw new Error(`The setting ${name} vanished from holdfast.setting.`)
  return value
}
