import type { BaseManifest } from '@holdfast/adapters/backup'
import { embeddedDatabaseName, embeddedMajorVersion, embeddedOwnerName } from '@holdfast/adapters/embedded-postgres'

/**
 * Why `holdfast restore` can't restore a backup of a separate PostgreSQL, which it restores into the embedded one.
 *
 * @returns null: it can, or its copy is of an earlier release, which did not say who owns it
 */
export async function restoreObstacle({
  embedded,
  postgres,
  owner,
}: Pick<BaseManifest, 'embedded' | 'postgres' | 'owner'>): Promise<string | null> {
  if (embedded) return null
  // A Holdfast for separate servers may have been installed without one.
  const carried = await embeddedMajorVersion().catch(() => null)
  if (postgres.majorVersion !== carried) {
    const found = `a separate PostgreSQL ${postgres.majorVersion}`
    return `it is of ${found}, and this Holdfast carries ${carried ?? 'none'}: ${instead}`
  }
  if (owner === undefined) return null
  const { role, database } = owner
  if (role === embeddedOwnerName && database === embeddedDatabaseName) return null
  return (
    `its role and its database are ${role} and ${database}, and have to be ${embeddedOwnerName} and ` +
    `${embeddedDatabaseName}: ${instead}`
  )
}

const instead = 'back it up with pgBackRest (docs/operations/pgbackrest.md)'
