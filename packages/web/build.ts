/**
 * `node packages/web/build.ts`: the site and its help as files in dist/, each that can be compressed also as .br and
 * .gz. It is built beside and then put in place whole, so a server that starts meanwhile never sees half of it.
 */
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { build } from 'vite'
import { buildHelp } from './help/build-help.ts'

const root = fileURLToPath(new URL('.', import.meta.url))
const compressible = new Set(['.html', '.js', '.css', '.svg', '.json', '.webmanifest'])
/** Compressing smaller files saves less than the headers cost. */
const compressedBytesMin = 1_000

async function compressFiles(directory: string): Promise<void> {
  const names = await readdir(directory, { recursive: true })
  await Promise.all(
    names.filter((name) => compressible.has(extname(name))).map((name) => compressFile(join(directory, name))),
  )
}

async function compressFile(path: string): Promise<void> {
  const content = await readFile(path)
  if (content.length < compressedBytesMin) return
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length }
  const [brotli, gzipped] = await Promise.all([
    promisify(brotliCompress)(content, { params }),
    promisify(gzip)(content, { level: 9 }),
  ])
  await Promise.all([writeFile(`${path}.br`, brotli), writeFile(`${path}.gz`, gzipped)])
}

// Builds in tests also need it: React's development build is twice as large, and slower.
process.env.NODE_ENV = 'production'
const draft = join(root, `dist.${process.pid}`)
const dist = join(root, 'dist')
try {
  await build({ root, logLevel: 'warn', build: { outDir: draft, emptyOutDir: true } })
  await buildHelp(join(draft, 'help'))
  await compressFiles(draft)
  await rm(dist, { recursive: true, force: true })
  await rename(draft, dist)
} finally {
  await rm(draft, { recursive: true, force: true })
}
