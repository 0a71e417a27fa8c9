import { expect, test } from 'vitest'
import { readConfig } from './config.ts'
import { settings } from './settings.ts'
import { environmentFileText } from './settings-docs.ts'

test('the environment file of an installation has a line for each setting, and its values are valid', () => {
  const lines = environmentFileText().split('\n')
  const named = lines.flatMap((line) => line.match(/^#?([A-Z\d_]+)=/)?.[1] ?? [])
  expect(named).toEqual(settings.map(({ name }) => name))
  const set = lines.filter((line) => /^\w/.test(line))
  expect(set).toContain('HOLDFAST_DEMO=off')
  expect(readConfig(Object.fromEntries(set.map((line) => line.split('=', 2))))).toMatchObject({
    kind: 'ok',
    unknown: [],
  })
})
