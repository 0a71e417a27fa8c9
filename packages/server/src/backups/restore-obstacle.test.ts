import { embeddedMajorVersion } from '@holdfast/adapters/embedded-postgres'
import { expect, test } from 'vitest'
import { restoreObstacle } from './restore-obstacle.ts'

const carried = await embeddedMajorVersion()
const separate = (majorVersion: number) => ({
  embedded: false,
  postgres: { version: `${majorVersion}.1`, majorVersion },
})
const url = (role: string, database: string) => `postgres://${role}:secret@db.example.org/${database}`

test('a separate server of the carried version, with the usual names, can be restored', async () => {
  expect(await restoreObstacle(separate(carried), url('holdfast', 'holdfast'))).toBeNull()
  expect(await restoreObstacle(separate(carried))).toBeNull()
})

test('a separate server of another version can’t, and the version is named', async () => {
  expect(await restoreObstacle(separate(15))).toMatch(
    `PostgreSQL 15, and this Holdfast carries ${carried}: back it up with`,
  )
})

test('neither can one with other names, which are shown without the password', async () => {
  const obstacle = await restoreObstacle(separate(carried), url('clinic', 'bookings'))
  expect(obstacle).toMatch(/are clinic and bookings, and have to be holdfast and holdfast/)
  expect(obstacle).not.toContain('secret')
  expect(await restoreObstacle(separate(carried), url('holdfast', 'bookings'))).not.toBeNull()
})
