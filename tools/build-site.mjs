// Builds the site if it has not been built from the current sources. The bootstrap does it before
// `holdfast start` and before the tests; `node tools/build-site.mjs` does it alone. Needs only Node's built-ins.
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildIfStale, reportBuilt } from './build-if-stale.mjs'
import { generateClient } from './generate-client.mjs'

const site = {
  name: 'the site',
  script: 'packages/web/build.ts',
  sources: [
    'package-lock.json',
    'CHANGELOG.md',
    'docs',
    'packages/contract/src',
    'packages/vocabulary/src',
    'packages/web/index.html',
    'packages/web/build.ts',
    'packages/web/vite.config.ts',
    'packages/web/first-files-of-build.ts',
    'packages/web/first-pages.ts',
    'packages/web/help',
    'packages/web/service-worker-of-build.ts',
    'packages/web/public',
    'packages/web/service-worker',
    'packages/web/src',
  ],
  result: 'packages/web/dist',
  stamp: 'packages/web/dist/.sources',
  lock: '.install-lock',
}

/**
 * Builds the site, and the typed client that it contains, unless they were built from the current sources.
 *
 * @param {string} root the checkout, with its packages installed
 * @param {string} [check] as of buildIfStale
 * @returns {Promise<{ kind: 'ready' } | { kind: 'failed', message: string }>}
 */
export async function buildSite(root, check) {
  const client = await generateClient(root)
  return client.kind === 'failed' ? client : buildIfStale(root, site, check)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  reportBuilt(await buildSite(dirname(dirname(fileURLToPath(import.meta.url)))))
}
