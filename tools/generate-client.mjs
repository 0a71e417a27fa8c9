// Generates the typed client, which is not in Git, if it has not been generated from the current contract. `npm ci`
// does it, and so do the bootstrap and the scripts of package.json that read the sources without it. Needs only Node's
// built-ins, and the installed packages.
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildIfStale, reportBuilt } from './build-if-stale.mjs'

const client = {
  name: 'the typed client',
  script: 'packages/contract/src/generate.ts',
  sources: ['package-lock.json', 'packages/contract/src', 'packages/vocabulary/src'],
  // Git removes it, and leaves the stamp, on the way back from a commit that has the client.
  result: 'packages/contract/src/client/generated/sdk.gen.ts',
  stamp: 'packages/contract/src/client/generated/.sources',
  // Not that of the installation: whoever installs has that one while `npm ci` generates the client.
  lock: '.client-lock',
}

/**
 * @param {string} root the checkout, with its packages installed
 * @returns {Promise<{ kind: 'ready' } | { kind: 'failed', message: string }>}
 */
export function generateClient(root) {
  return buildIfStale(root, client)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  reportBuilt(await generateClient(dirname(dirname(fileURLToPath(import.meta.url)))))
}
