import type { BaseManifest } from '@holdfast/adapters/backup'
import { embeddedDatabaseName, embeddedMajorVersion, embeddedOwnerName } from '@holdfast/adapters/embedded-postgres'

/**
 * Why `holdfast restore` can't restore a backup of a separate PostgreSQL, which it restores into the embedded one.
 *
 * @param databaseUrl of the owner, if it is known
 * @returns null: it can
 */
export async function restoreObstacle(
  { embedded, postgres }: Pick<BaseManifest, 'embedded' | 'postgres'>,
  databaseUrl?: string,
): Promise<string | null> {
  if (embedded) return null
  // A Holdfast for separate servers may have been installed without one.
  const carried = await embeddedMajorVersion().catch(() => null)
  if (postgres.majorVersion !== carried) {
    const found = `a separate PostgreSQL ${postgres.majorVersion}`
    return `it is of ${found}, and this Holdfast carries ${carried ?? 'none'}: ${instead}`
  }
  if (databaseUrl === undefined) return null
  const { username, pathname } = new URL(databaseUrl)
  if (username === embeddedOwnerName && pathname === `/${embeddedDatabaseName}`) return null
  return (
    `its role and its database are ${username} and ${pathname.slice(1)}, and have to be ${embeddedOwnerName} and ` +
    `${embeddedDatabaseName}: ${instead}`
  )
}

const instead = 'back it up with pgBackRest (docs/operations/pgbackrest.md)'
