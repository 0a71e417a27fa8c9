import { expect, test } from 'vitest'
import { helpPages } from '../../../help/help-pages.ts'
import { helpPath } from './help-path.ts'
import { languages } from './languages.ts'

test.for(languages.filter((language) => language !== 'en'))(
  'in %s, Help leads to a page in that language',
  (language) => {
    expect(helpPages.find(({ slug }) => `/help/${slug}` === helpPath(language))?.language).toBe(language)
  },
)
