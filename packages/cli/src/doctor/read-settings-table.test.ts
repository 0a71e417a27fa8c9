import { expect, test } from 'vitest'
import { settingLines } from './read-settings-table.ts'

test('every setting has a default, or a description of what applies without it', () => {
  const lines = settingLines({})
  for (const line of lines) expect(line.default ?? line.whenAbsent).toBeTruthy()
  const words = Object.fromEntries(lines.map(({ name, whenAbsent }) => [name, whenAbsent]))
  expect(words).toMatchObject({
    PORT: null,
    HOLDFAST_URL: 'http://localhost:PORT',
    DATABASE_URL: 'the embedded server, with its data in HOLDFAST_DATA',
    HOLDFAST_ADMIN_EMAIL: 'admin@holdfast.local',
    HOLDFAST_DEMO: 'on with the embedded database, else off',
  })
  expect(Object.values(words)).not.toContain('not set')
})

test('secrets are masked', () => {
  const lines = settingLines({
    DATABASE_URL: 'postgres://owner:secret@db:5432/clinic',
    HOLDFAST_SECRET: 'x'.repeat(40),
  })
  const values = Object.fromEntries(lines.map(({ name, value }) => [name, value]))
  expect(values).toMatchObject({ DATABASE_URL: 'postgres://owner:…@db:5432/clinic', HOLDFAST_SECRET: '(set)' })
})
