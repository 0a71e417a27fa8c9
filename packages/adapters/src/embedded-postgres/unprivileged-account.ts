import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'

/** The account PostgreSQL's processes run as. */
export type Account = { name: string; uid: number; gid: number }

const run = promisify(execFile)

/** Accounts that exist on most systems and own nothing important, in order of preference. */
const candidates = ['postgres', 'nobody']

/**
 * The account that PostgreSQL has to run as: undefined for an ordinary user, who can run it directly. PostgreSQL
 * refuses to run as root; then it is the owner of an existing cluster, else `postgres`, else `nobody`. No account is
 * created.
 *
 * @throws EmbeddedPostgresError `no_unprivileged_account`
 */
export async function unprivilegedAccount(
  clusterOwner: { uid: number; gid: number } | undefined,
): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined
  if (clusterOwner !== undefined && clusterOwner.uid !== 0) {
    return { name: await accountName(clusterOwner.uid), uid: clusterOwner.uid, gid: clusterOwner.gid }
  }
  for (const name of candidates) {
    const account = await lookUp(name)
    if (account !== undefined) return account
  }
  throw new EmbeddedPostgresError(
    'no_unprivileged_account',
    `PostgreSQL refuses to run as root, and this machine has none of the accounts ${candidates.join(', ')}. ` +
      'Run Holdfast as an ordinary user, or set DATABASE_URL to your own PostgreSQL.',
  )
}

/** Whether the account (undefined: that of this process) can enter the directory and every directory above it. */
export async function canEnter(account: Account | undefined, directory: string): Promise<boolean> {
  try {
    await run('/bin/sh', ['-c', 'cd -- "$1"', 'sh', directory], { cwd: '/', ...spawnIdentity(account) })
    return true
  } catch {
    return false
  }
}

/** The options of `spawn` that run a program as this account. */
export function spawnIdentity(account: Account | undefined): { uid?: number; gid?: number } {
  return account === undefined ? {} : { uid: account.uid, gid: account.gid }
}

async function lookUp(name: string): Promise<Account | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])])
    const account = { name, uid: Number(uid.stdout), gid: Number(gid.stdout) }
    return account.uid > 0 ? account : undefined
  } catch {
    return undefined
  }
}

/** The name of an account; its number, if it has none. */
export async function accountName(uid: number): Promise<string> {
  try {
    return (await run('id', ['-nu', String(uid)])).stdout.trim()
  } catch {
    return String(uid)
  }
}
