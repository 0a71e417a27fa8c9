import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient } from '@hey-api/openapi-ts'
import { buildOpenApi } from './openapi.ts'

/**
 * Writes what is generated from the schemas: `openapi.json` into `directory`, and the typed client into
 * `src/client/generated` below it. The same schemas always give the same files.
 */
export async function generateContract(directory: string): Promise<void> {
  const openApiPath = join(directory, 'openapi.json')
  const clientPath = join(directory, 'src/client/generated')
  await writeFile(openApiPath, `${JSON.stringify(buildOpenApi(), null, 2)}\n`)
  await createClient({
    input: openApiPath,
    output: { path: clientPath, module: { extension: '.ts' }, entryFile: false, clean: true },
    plugins: ['@hey-api/typescript', '@hey-api/sdk', '@hey-api/client-fetch'],
    logs: { level: 'silent', file: false },
  })
  for (const folder of ['client', 'core']) await leaveUnchecked(join(clientPath, folder))
}

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

if (import.meta.main) await generateContract(join(import.meta.dirname, '..'))
