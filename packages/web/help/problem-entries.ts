import { problemCodes, problemKinds } from '@holdfast/contract'
import otherTexts from '../src/locales/en/other-problems.json' with { type: 'json' }
import texts from '../src/locales/en/problems.json' with { type: 'json' }

/**
 * One section per problem code, from the contract and the site's texts, sorted by the title that the site shows, by
 * which people look it up.
 */
export function problemEntries(): string {
  const shown: Record<string, { title: string; help: string } | string> = { ...texts, ...otherTexts }
  const entries = problemCodes.map((code) => {
    const text = shown[code]
    if (text === undefined || typeof text === 'string') throw new Error(`The site has no text for ${code}.`)
    return { code, text, kind: problemKinds[code] }
  })
  entries.sort((one, other) => one.text.title.localeCompare(other.text.title, 'en'))
  return entries
    .map(
      ({ code, text, kind }) =>
        `### ${text.title}\n\`${code}\`, HTTP ${kind.status}: ${kind.title}.\n\n- On the site: ${text.help}\n` +
        `- In a program: ${kind.help}\n`,
    )
    .join('\n')
}
