/**
 * `node packages/contract/src/generate.ts`: the typed client, from the schemas, in `client/generated`. It is generated
 * elsewhere and then put in place whole. The same schemas always give the same files. tools/generate-client.mjs runs
 * it when the sources have changed.
 */
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient } from '@hey-api/openapi-ts'
import { buildOpenApi } from './openapi.ts'

const client = join(import.meta.dirname, 'client/generated')
// Where neither a compiler nor a linter looks.
const draft = join(import.meta.dirname, `../dist/generated.${process.pid}`)

/**
 * The generator copies its runtime beside the code that it generates. The runtime is written for a browser's types
 * and without `exactOptionalPropertyTypes`; what is generated from our document (sdk.gen.ts, types.gen.ts) is checked.
 */
async function leaveUnchecked(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    await writeFile(path, `// @ts-nocheck\n${await readFile(path, 'utf8')}`)
  }
}

try {
  await createClient({
    input: buildOpenApi(),
    output: { path: draft, module: { extension: '.ts' }, entryFile: false },
    plugins: ['@hey-api/typescript', '@hey-api/sdk', '@hey-api/client-fetch'],
    logs: { level: 'silent', file: false },
  })
  for (const folder of ['client', 'core']) await leaveUnchecked(join(draft, folder))
  await rm(client, { recursive: true, force: true })
  await rename(draft, client)
} finally {
  await rm(draft, { recursive: true, force: true })
}
