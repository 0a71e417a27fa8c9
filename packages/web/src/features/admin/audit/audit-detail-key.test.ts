// Completeness: a detail or kind of the security log has no text on the site
import { readFileSync } from 'node:fs'
import { type AuditDetail, auditFields, auditKinds, auditWords, importLists } from '@holdfast/contract'
import { expect, test } from 'vitest'
import { languages } from '../../../lib/i18n/languages.ts'
import { roles } from '../shared/members/roles.ts'
import { auditDetailKey } from './audit-detail-key.ts'

const details: AuditDetail[] = [...auditWords, ...auditFields, ...roles]

/** The text of the administration's pages; null: there is none. */
function textIn(language: string, key: string | null): string | null {
  const url = new URL(`../../../locales/${language}/admin.json`, import.meta.url)
  const texts: unknown = JSON.parse(readFileSync(url, 'utf8'))
  const found = (key ?? '').split('.').reduce((object, name) => Object(object)[name], texts)
  return typeof found === 'string' && found !== '' ? found : null
}

test.each(languages)('every detail and kind that the security log records has a text in %s', (language) => {
  expect(details.length).toBeGreaterThan(90)
  const withoutText = [...details, ...importLists].filter(
    (detail) => textIn(language, auditDetailKey('clinic_changed', detail)) === null,
  )
  expect(withoutText).toEqual([])
  expect(auditKinds.filter((kind) => textIn(language, `audit.kind.${kind}`) === null)).toEqual([])
})

test('staff are a role, and in the theatre its team', () => {
  expect(auditDetailKey('role_changed', 'staff')).toBe('role.staff')
  expect(auditDetailKey('theatre_changed', 'staff')).toBe('audit.detail.staff of a theatre')
})

test('negative control: what a later release records has no text', () => {
  expect(auditDetailKey('clinic_changed', 'wallsPainted')).toBeNull()
  expect(textIn('en', 'audit.detail.wallsPainted')).toBeNull()
})
