// Completeness: docs/configuration.md lacks a setting: run `npm run settings-docs`
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { readConfig } from './config.ts'
import { environmentFile, environmentFileText, settingsPage, withCurrentTable } from './settings-docs.ts'

test('docs/configuration.md lists the settings as the code has them: else run `npm run settings-docs`', async () => {
  const page = await readFile(settingsPage, 'utf8')
  expect(page).toBe(withCurrentTable(page))
})

test('a default that was changed by hand is noticed', async () => {
  const page = await readFile(settingsPage, 'utf8')
  const changed = page.replace('| `PORT` | `3000` |', '| `PORT` | `4000` |')
  expect(changed).not.toBe(page)
  expect(withCurrentTable(changed)).toBe(page)
})

test('a page without the marks is an error that names them', () => {
  expect(() => withCurrentTable('# Configuration\n')).toThrow('docs/configuration.md needs the lines')
})

test('deploy/systemd/holdfast.env lists the settings as the code has them: else `npm run settings-docs`', async () => {
  expect(await readFile(environmentFile, 'utf8')).toBe(environmentFileText())
})

test('the values that deploy/systemd/holdfast.env sets are valid', () => {
  const set = environmentFileText()
    .split('\n')
    .filter((line) => /^\w/.test(line))
  expect(set).toContain('HOLDFAST_DEMO=off')
  expect(readConfig(Object.fromEntries(set.map((line) => line.split('=', 2))))).toMatchObject({
    kind: 'ok',
    unknown: [],
  })
})
