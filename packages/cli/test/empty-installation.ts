import { createPool, type DatabasePool } from '@holdfast/engine'
import { createEmptyDatabase } from '@holdfast/testkit'

/** An empty database for commands to migrate. */
export type EmptyInstallation = {
  ownerUrl: string
  owner: DatabasePool
  drop(): Promise<void>
}

export async function createEmptyInstallation(): Promise<EmptyInstallation> {
  const { ownerUrl, drop } = await createEmptyDatabase()
  const owner = createPool({ url: ownerUrl, max: 2, name: 'test owner' })
  return {
    ownerUrl,
    owner,
    async drop() {
      await owner.end()
      await drop()
    },
  }
}
