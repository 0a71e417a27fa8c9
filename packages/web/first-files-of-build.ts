import type { Plugin } from 'vite'
import { firstPages, textsOfAll } from './first-pages.ts'
import { languages } from './src/lib/languages.ts'

/** What index.html says where the build puts its list. */
const placeholder = '/* __HOLDFAST_FIRST_FILES__ */ null'

type Bundle = Parameters<Extract<Plugin['generateBundle'], (...given: never[]) => unknown>>[1]

/** Read by the script in index.html: which files a page begins with, and which hold its texts in a language. */
type FirstFiles = {
  pages: { path: string; files: string[]; texts: string[] }[]
  /** By language and catalogue. */
  texts: Record<string, Record<string, string>>
}

/**
 * Tells the page which files its address will need, so that they are fetched beside the program instead of after it has
 * begun: on a slow telephone that is a fifth of the time until something is seen.
 */
export function firstFilesOfBuild(): Plugin {
  return {
    name: 'holdfast-first-files',
    apply: 'build',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const page = bundle['index.html']
      const html = page?.type === 'asset' ? String(page.source) : ''
      if (page?.type !== 'asset' || !html.includes(placeholder))
        throw new Error('index.html has no place for its list.')
      const list = JSON.stringify(firstFilesIn(bundle)).replaceAll('<', '\\u003c')
      page.source = html.replace(placeholder, () => list)
    },
  }
}

function firstFilesIn(bundle: Bundle): FirstFiles {
  const known = filesOf('index.html', bundle)
  const textFile = (language: string, feature: string) => chunkOf(`src/locales/${language}/${feature}.json`, bundle)
  const catalogues = [...new Set(firstPages.flatMap(({ texts }) => [...textsOfAll, ...texts]))]
  return {
    pages: firstPages.map(({ path, module, texts }) => ({
      path: path.source,
      files: [...filesOf(module, bundle)].filter((file) => !known.has(file)),
      texts: [...textsOfAll, ...texts],
    })),
    texts: Object.fromEntries(
      languages.map((language) => [
        language,
        Object.fromEntries(catalogues.map((feature) => [feature, textFile(language, feature).fileName])),
      ]),
    ),
  }
}

function chunkOf(module: string, bundle: Bundle) {
  for (const item of Object.values(bundle)) {
    if (item.type === 'chunk' && item.facadeModuleId?.endsWith(`/packages/web/${module}`)) return item
  }
  throw new Error(`The build has no ${module}.`)
}

/** A module's own file with all that it imports, and their styles. */
function filesOf(module: string, bundle: Bundle): Set<string> {
  const files = new Set<string>()
  const visit = (fileName: string) => {
    const chunk = bundle[fileName]
    if (files.has(fileName) || chunk?.type !== 'chunk') return
    files.add(fileName)
    for (const imported of chunk.imports) visit(imported)
    for (const style of chunk.viteMetadata?.importedCss ?? []) files.add(style)
  }
  visit(chunkOf(module, bundle).fileName)
  return files
}
