import { execFile } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompressSync } from 'node:zlib'
import { beforeAll, expect, test } from 'vitest'
import { firstPages, textsOfAll } from '../first-pages.ts'
import { languages } from '../src/lib/i18n/languages.ts'
import { aPractice } from './a-practice.ts'
import { untilRead } from './harness.ts'
import { test as siteTest } from './site-test.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const dist = join(root, 'packages/web/dist')

type Chunk = { file: string; imports?: string[]; css?: string[]; dynamicImports?: string[] }
let manifest: Record<string, Chunk>

beforeAll(async () => {
  // Not synchronously: while this process waited, the server would close the connections of the worker's API client.
  await promisify(execFile)(process.execPath, [join(root, 'tools/build-site.mjs')])
  manifest = JSON.parse(readFileSync(join(dist, 'build-manifest.json'), 'utf8'))
})

/** The files that these modules load at once, with all they import. */
function filesOf(...modules: string[]): Set<string> {
  const files = new Set<string>()
  const visit = (name: string) => {
    const chunk = manifest[name]
    if (chunk === undefined) throw new Error(`The build has no ${name}.`)
    if (files.has(chunk.file)) return
    files.add(chunk.file)
    for (const imported of chunk.imports ?? []) visit(imported)
  }
  for (const name of modules) visit(name)
  return files
}

/** The size as it is sent; files that the build leaves uncompressed, because they are small, count in full. */
function sentBytes(files: Iterable<string>): number {
  return [...files].reduce((sum, file) => {
    const path = join(dist, file)
    return sum + statSync(existsSync(`${path}.br`) ? `${path}.br` : path).size
  }, 0)
}

const catalogues = (language: string, features: readonly string[]) =>
  [...textsOfAll, ...features].map((feature) => `src/locales/${language}/${feature}.json`)

test.each(firstPages)(
  '$name: the first load is at most $kilobytesMax KB of compressed script, in any language',
  ({ name, modules, texts, kilobytesMax }) => {
    for (const language of languages) {
      const bytes = sentBytes(filesOf('index.html', ...modules, ...catalogues(language, texts)))
      expect(bytes, `${name} in ${language}`).toBeLessThanOrEqual(kilobytesMax * 1024)
      // A very small sum would mean that something was not counted.
      expect(bytes).toBeGreaterThan(80 * 1024)
    }
  },
)

test('the first load contains nothing that only clinics need', () => {
  const files = filesOf('index.html', ...firstPages.flatMap(({ modules }) => modules))
  const code = [...files].map((file) => readFileSync(join(dist, file), 'utf8')).join('\n')
  for (const foreign of ['recharts', 'mantine-Schedule', 'dayjs']) expect(code.includes(foreign), foreign).toBe(false)
})

test('the page preloads the files of its URL immediately, and only files that exist', () => {
  const html = readFileSync(join(dist, 'index.html'), 'utf8')
  const [, list = '{}'] = /const first = (\{.*\})\n/.exec(html) ?? []
  const { pages, texts } = JSON.parse(list)
  for (const { name, path, modules } of firstPages) {
    const page = pages.find((one: { path: string }) => one.path === path.source)
    for (const module of modules) expect(page?.files, name).toContain(manifest[module]?.file)
    for (const file of page.files) expect(existsSync(join(dist, file)), file).toBe(true)
    for (const language of languages) {
      for (const feature of page.texts) expect(existsSync(join(dist, texts[language][feature])), feature).toBe(true)
    }
  }
})

siteTest('the first page requests each style sheet once, and the browser prints no warning', async ({ site }) => {
  const practice = await aPractice(site)
  for (const path of ['/', `/doctors/${practice.doctor.id}`]) {
    const page = await site.newPage({ isNewContext: true })
    const sheets: string[] = []
    const warnings: string[] = []
    page.on('request', (request) => {
      // The service worker later requests the files that it stores.
      if (request.url().endsWith('.css') && request.serviceWorker() === null) sheets.push(request.url())
    })
    page.on('console', (message) => {
      if (message.type() === 'warning') warnings.push(message.text())
    })
    await page.goto(path)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await untilRead(page)
    expect(sheets.length, path).toBeGreaterThan(0)
    expect(sheets, path).toEqual([...new Set(sheets)])
    expect(warnings, path).toEqual([])
  }
})

test('React is the production build', () => {
  const code = [...filesOf('index.html')].map((file) => readFileSync(join(dist, file), 'utf8')).join('\n')
  expect(code).not.toContain('Download the React DevTools')
})

test('negative control: with the charts, the limit would be exceeded', () => {
  const charts = Object.keys(manifest).filter((name) => name.startsWith('src/features/admin/') && name.endsWith('.tsx'))
  const bytes = sentBytes(filesOf('index.html', ...charts))
  expect(bytes).toBeGreaterThan(Math.max(...firstPages.map(({ kilobytesMax }) => kilobytesMax)) * 1024)
})

test('the compressed files have the content of the built ones', () => {
  const file = [...filesOf('index.html')].find((name) => existsSync(join(dist, `${name}.br`))) ?? ''
  const plain = readFileSync(join(dist, file))
  expect(statSync(join(dist, `${file}.br`)).size).toBeLessThan(plain.length / 2)
  expect(brotliCompressSync(plain).length).toBeGreaterThan(statSync(join(dist, `${file}.br`)).size * 0.9)
})
