import { createHash } from 'node:crypto'
import type { Plugin } from 'vite'

/** The placeholder in service-worker/service-worker.ts that the build replaces. */
const placeholder = '__HOLDFAST_SHELL__'

/**
 * Inserts the list of the shell's files into the service worker: the page, what it loads first, the ticket page and
 * the list of doctors, which without a network lists the tickets of this device.
 * The list's version changes with any of them, and with it the worker, which is how browsers learn of a new build.
 */
export function serviceWorkerOfBuild(): Plugin {
  return {
    name: 'holdfast-service-worker',
    apply: 'build',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const worker = bundle['sw.js']
      if (worker?.type !== 'chunk') throw new Error('The build has no sw.js.')
      const files = Object.keys(bundle)
        .filter((name) => name.startsWith('assets/'))
        .sort()
      const index = bundle['index.html']
      const page = index?.type === 'asset' ? String(index.source) : ''
      const version = createHash('sha256').update(files.join('\n')).update(page).digest('hex').slice(0, 16)
      const wanted = files.filter((name) => isOfShell(name, bundle))
      const shell = JSON.stringify({ version, files: ['/', ...wanted.map((name) => `/${name}`)] })
      if (!worker.code.includes(placeholder)) throw new Error('The service worker has no place for its list.')
      // The minifier chooses the quotes around the placeholder.
      worker.code = worker.code.replace(new RegExp(`(["'\`])${placeholder}\\1`), JSON.stringify(shell))
    },
  }
}

/** The entry and these pages, with everything they import and their styles. */
function isOfShell(
  name: string,
  bundle: Parameters<Extract<Plugin['generateBundle'], (...args: never[]) => unknown>>[1],
) {
  const wanted = new Set<string>()
  const visit = (fileName: string) => {
    const chunk = bundle[fileName]
    if (wanted.has(fileName) || chunk?.type !== 'chunk') return
    wanted.add(fileName)
    for (const imported of chunk.imports) visit(imported)
    for (const style of chunk.viteMetadata?.importedCss ?? []) wanted.add(style)
  }
  for (const item of Object.values(bundle)) {
    if (item.type !== 'chunk' || item.fileName === 'sw.js') continue
    const isTexts = /\/locales\/\w+\/(shell|problems|ticket|doctors)\.json$/.test(item.facadeModuleId ?? '')
    // The list of doctors imports the tickets of this device on demand.
    const isPage = /\/(ticket-page|doctors-page|kept-tickets)\.tsx$/.test(item.facadeModuleId ?? '')
    if (item.isEntry || isTexts || isPage) visit(item.fileName)
  }
  return wanted.has(name)
}
