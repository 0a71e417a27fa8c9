import type { Config } from '@holdfast/server/config'
import { type FoundSecrets, inspectSecrets } from '@holdfast/server/database-secrets'
import { messageOf } from '@holdfast/vocabulary'
import { type Check, ok, problem, warning } from './check.ts'

/** Whether the secret exists, only its owner may read it, and it is the one that the database is used with. */
export async function checkSecret(config: Config, ownerUrl: string): Promise<Check> {
  try {
    return judge(await inspectSecrets(ownerUrl, config))
  } catch (error) {
    return problem('secret', messageOf(error), 'follow the message')
  }
}

function judge({ source, secrets, refusal }: FoundSecrets): Check {
  if (refusal !== null) return problem('secret', refusal, 'follow the message')
  if (source.kind === 'setting') return ok('secret', 'from HOLDFAST_SECRET')
  if (source.kind === 'file') {
    return ok('secret', secrets.length > 0 ? `in ${source.path}` : `\`holdfast start\` creates it in ${source.path}`)
  }
  const found = 'is stored in the database that it protects, and in its backups'
  const fix = 'set HOLDFAST_SECRET or HOLDFAST_SECRET_FILE; docs/operations/secret.md says how to change it'
  return warning('secret', found, fix)
}
