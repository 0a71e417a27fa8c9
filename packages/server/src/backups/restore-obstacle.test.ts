import { embeddedMajorVersion } from '@holdfast/adapters/embedded-postgres'
import { expect, test } from 'vitest'
import { restoreObstacle } from './restore-obstacle.ts'

const carried = await embeddedMajorVersion()
const separate = (majorVersion: number, owner?: { role: string; database: string }) => ({
  ...(owner === undefined ? {} : { owner }),
  embedded: false,
  postgres: { version: `${majorVersion}.1`, majorVersion },
})

test('a separate server of the carried version, with the usual names, can be restored', async () => {
  expect(await restoreObstacle(separate(carried, { role: 'holdfast', database: 'holdfast' }))).toBeNull()
  expect(await restoreObstacle(separate(carried))).toBeNull()
})

test('a separate server of another version can’t, and the version is named', async () => {
  expect(await restoreObstacle(separate(15))).toMatch(
    `PostgreSQL 15, and this Holdfast carries ${carried}: back it up with`,
  )
})

test('neither can one with other names, which are shown', async () => {
  const obstacle = await restoreObstacle(separate(carried, { role: 'clinic', database: 'bookings' }))
  expect(obstacle).toMatch(/are clinic and bookings, and have to be holdfast and holdfast/)
  expect(await restoreObstacle(separate(carried, { role: 'holdfast', database: 'bookings' }))).not.toBeNull()
})
