import { createHash } from 'node:crypto'
import { deleteStoredSecret, inTransaction, serverSecrets, storedSecret, withPool } from '@holdfast/engine'
import type pg from 'pg'
import sql from 'sql-template-tag'
import type { Config } from '../../config/config.ts'
import { oneAtATime } from '../../lifecycle/one-at-a-time.ts'
import { StartError } from '../../lifecycle/start-error.ts'
import { purposeKey } from '../../secrets/purpose-keys.ts'
import { readSecret, secretFromFile } from './secret-file.ts'

export type SecretSettings = Pick<Config, 'databaseUrl' | 'dataDirectory' | 'secretFile' | 'secrets'>

/** Where the secret is. */
export type SecretSource = { kind: 'setting' } | { kind: 'file'; path: string } | { kind: 'database' }

/** The secrets that were found, and whether this database may be used with them. */
export type FoundSecrets = {
  source: SecretSource
  /** The first signs, all verify. Empty: there is none yet. */
  secrets: string[]
  /** The one in holdfast.setting, where the database keeps it or an earlier release stored it; null: none. */
  stored: string | null
  /** Why a server with these secrets is refused; null: it is not. */
  refusal: string | null
}

const fingerprintName = 'secret_fingerprint'
const poolName = 'holdfast secret'

/**
 * The server's secrets, generated if this database was never used with one. The database stores a fingerprint of the
 * one that signs, so that a server with another secret, or without its file, does not make all tickets and sessions
 * invalid unnoticed.
 *
 * @throws StartError if the secret is missing, or is not the one that the database was last used with
 */
export function openSecrets(ownerUrl: string, settings: SecretSettings): Promise<string[]> {
  return oneAtATime(ownerUrl, () =>
    withPool({ url: ownerUrl, name: poolName }, async (pool) => {
      const found = await readSecrets(pool, settings)
      if (found.refusal !== null) throw new StartError(found.refusal)
      const secrets = await createMissing(pool, found)
      const { stored } = found
      await recordFingerprints(pool, [secrets[0], stored !== null && secrets.includes(stored) ? stored : undefined])
      if (found.source.kind === 'file' && stored !== null && stored === secrets[0]) {
        await deleteStoredSecret(pool, stored)
      }
      return secrets
    }),
  )
}

/** What {@link openSecrets} would find. Changes nothing. @throws StartError if the file may not be used */
export function inspectSecrets(ownerUrl: string, settings: SecretSettings): Promise<FoundSecrets> {
  return withPool({ url: ownerUrl, name: poolName }, async (pool) => {
    const { rows } = await pool.query<{ found: boolean }>(sql`
      select to_regclass('holdfast.setting') is not null as found`)
    if (rows[0]?.found === true) return readSecrets(pool, settings)
    const source = sourceOf(settings)
    return { source, secrets: await ownSecrets(source, settings, null), stored: null, refusal: null }
  })
}

/**
 * Makes the next start accept any secret.
 *
 * @param alsoWrite in the same transaction, if there was a fingerprint
 * @returns whether there was one
 */
export function forgetSecret(
  ownerUrl: string,
  alsoWrite?: (transaction: pg.PoolClient) => Promise<void>,
): Promise<boolean> {
  return withPool({ url: ownerUrl, name: poolName }, (pool) =>
    inTransaction(pool, async (transaction) => {
      const { rowCount } = await transaction.query(sql`delete from holdfast.setting where name = ${fingerprintName}`)
      if (rowCount === 1) await alsoWrite?.(transaction)
      return rowCount === 1
    }),
  )
}

function sourceOf({ databaseUrl, dataDirectory, secretFile, secrets }: SecretSettings): SecretSource {
  if (secrets !== null) return { kind: 'setting' }
  if (secretFile === null && databaseUrl !== null) return { kind: 'database' }
  return { kind: 'file', path: secretFile ?? `${dataDirectory}-secret` }
}

async function readSecrets(pool: pg.Pool, settings: SecretSettings): Promise<FoundSecrets> {
  const source = sourceOf(settings)
  const [stored, recorded] = [await storedSecret(pool), await recordedFingerprints(pool)]
  const own = await ownSecrets(source, settings, stored)
  // One that this database was used with stays valid when a setting or a file replaces it.
  const isOld = stored !== null && (source.kind === 'file' || recorded.includes(fingerprint(stored)))
  const secrets = isOld ? [...new Set([...own, stored])] : own
  const [signing] = recorded
  const fits = signing === undefined || secrets.some((secret) => fingerprint(secret) === signing)
  return { source, secrets, stored, refusal: fits ? null : refusalOf(source, own.length === 0) }
}

async function ownSecrets(source: SecretSource, settings: SecretSettings, stored: string | null): Promise<string[]> {
  if (source.kind === 'setting') return settings.secrets ?? []
  const secret = source.kind === 'file' ? await readSecret(source.path) : stored
  return secret === null ? [] : [secret]
}

async function createMissing(pool: pg.Pool, { source, secrets, stored }: FoundSecrets): Promise<string[]> {
  if (source.kind === 'file') {
    const first = await secretFromFile(source.path, stored)
    return [...new Set([first, ...secrets])]
  }
  return secrets.length > 0 ? secrets : serverSecrets(pool, null)
}

function refusalOf(source: SecretSource, isMissing: boolean): string {
  const found = isMissing
    ? `${missingText(source)}, and this database was used with one.`
    : `${nameOf(source)} is not the secret that this database was last used with.`
  return (
    `${found} With another secret, the links of all tickets become invalid and everybody is signed out. Restore the ` +
    'secret from its backup, or set HOLDFAST_SECRET to it. To change it, set HOLDFAST_SECRET=new,old. If it is lost, ' +
    'run `holdfast forget-secret`: the next start then accepts another one.'
  )
}

function missingText(source: SecretSource): string {
  return source.kind === 'file'
    ? `The file ${source.path} with the server's secret is missing`
    : 'HOLDFAST_SECRET is not set, and no secret is stored in the database'
}

function nameOf(source: SecretSource): string {
  if (source.kind === 'setting') return 'HOLDFAST_SECRET'
  return source.kind === 'file' ? `The secret in ${source.path}` : 'The secret stored in the database'
}

/** A text that recognises a secret and does not reveal it: SHA-256 of a key that is used for nothing else. */
function fingerprint(secret: string): string {
  return createHash('sha256').update(purposeKey(secret, 'fingerprint')).digest('base64url')
}

/** The first is that of the secret that signs, the second that of the stored one if it verifies besides. */
async function recordedFingerprints(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ value: string }>(sql`
    select value from holdfast.setting where name = ${fingerprintName}`)
  return rows[0]?.value.split(',') ?? []
}

async function recordFingerprints(pool: pg.Pool, secrets: readonly (string | undefined)[]): Promise<void> {
  const prints = secrets.filter((secret) => secret !== undefined).map(fingerprint)
  const value = [...new Set(prints)].join(',')
  await pool.query(sql`
    insert into holdfast.setting (name, value) values (${fingerprintName}, ${value})
    on conflict (name) do update set value = excluded.value where setting.value <> excluded.value`)
}
