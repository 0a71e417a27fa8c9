import type { ParseKeys } from 'i18next'
import { expectTypeOf, test } from 'vitest'
import type { Namespace } from './text-keys.ts'

// Checked by the compiler (`npm run types`), not while the test runs.
test('a key is accepted if the English texts have it, with its plural forms as one key', () => {
  expectTypeOf<'nav.signIn'>().toExtend<ParseKeys<'shell'>>()
  expectTypeOf<'week.places'>().toExtend<ParseKeys<'booking'>>()
  expectTypeOf<'shell:close'>().toExtend<ParseKeys<['booking', 'shell']>>()
})

test('negative control: an unknown key, a key of another namespace and an unknown namespace are rejected', () => {
  expectTypeOf<'nav.gone'>().not.toExtend<ParseKeys<'shell'>>()
  expectTypeOf<'week.title'>().not.toExtend<ParseKeys<'shell'>>()
  expectTypeOf<'gone'>().not.toExtend<Namespace>()
})
