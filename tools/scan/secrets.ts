import { lintSource } from '@secretlint/core'
import { creator } from '@secretlint/secretlint-rule-preset-recommend'

// Passwords in URLs of tests, and that of a script, which makes one up.
const options = { allows: ['/:(secret|secret-word|hunter2|p%40ss%2F|\\$password)@/'] }

const config = {
  rules: [
    {
      id: '@secretlint/secretlint-rule-preset-recommend',
      rule: creator,
      rules: [
        { id: '@secretlint/secretlint-rule-basicauth', options },
        { id: '@secretlint/secretlint-rule-database-connection-string', options },
      ],
    },
  ],
}

/**
 * The secrets in a text, such as private keys and access tokens, by the patterns of secretlint, with the file and line
 * of each. The secrets themselves are not in the findings.
 */
export async function secretsIn(filePath: string, content: string): Promise<string[]> {
  const source = { filePath, content, ext: filePath.split('.').at(-1) ?? '', contentType: 'text' } as const
  const { messages } = await lintSource({ source, options: { config, maskSecrets: true } })
  return messages.map(({ loc, message, ruleId }) => `${filePath}:${loc.start.line}: ${message} (${ruleId})`)
}
