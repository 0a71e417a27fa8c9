import { publishedEventNames } from '@holdfast/contract'
import { apiKeyScopes } from '@holdfast/vocabulary'
import texts from '../src/locales/en/admin.json' with { type: 'json' }

/** What an API key may be allowed, as the site says it. */
export function scopesTable(): string {
  return table(
    'scope',
    'what the key may do',
    apiKeyScopes.map((scope) => [scope, texts.apiKeys.scope[scope]]),
  )
}

/** The events that webhooks send, and that of a test, as the site calls them. */
export function eventsTable(): string {
  const shown: Readonly<Record<string, string>> = texts.webhooks.event
  return table(
    'event',
    'what has happened',
    [...publishedEventNames, 'webhook.test'].map((name) => [name, shown[name.slice(name.indexOf('.') + 1)] ?? '']),
  )
}

function table(name: string, text: string, rows: readonly (readonly [name: string, text: string])[]): string {
  return [[name, text], ['---', '---'], ...rows.map(([one, said]) => [`\`${one}\``, said])]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
}
