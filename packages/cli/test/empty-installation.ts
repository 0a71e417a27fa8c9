import { createPool } from '@holdfast/engine'
import { createEmptyDatabase } from '@holdfast/testkit'

/** An empty database for commands to migrate; `drop` also removes the login that they make, for roles outlive databases. */
export type EmptyInstallation = {
  ownerUrl: string
  owner: ReturnType<typeof createPool>
  drop(): Promise<void>
}

export async function createEmptyInstallation(): Promise<EmptyInstallation> {
  const database = await createEmptyDatabase()
  const owner = createPool({ url: database.ownerUrl, max: 2, name: 'test owner' })
  return {
    ownerUrl: database.ownerUrl,
    owner,
    async drop() {
      const { rows } = await owner.query<{ name: string }>(`
        select rolname::text as name from pg_roles where rolname = current_database() || '_holdfast_app'`)
      await owner.end()
      await database.drop()
      const server = createPool({ url: process.env.HOLDFAST_TEST_DATABASE_URL ?? '', max: 1, name: 'test server' })
      for (const { name } of rows) await server.query(`drop role "${name}"`)
      await server.end()
    },
  }
}
