import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import ts from 'typescript'

const root = join(import.meta.dirname, '..')

/**
 * Writes the typed client as a package that can be published: JavaScript modules with their types, without
 * dependencies, for Node 20 and newer and for browsers.
 *
 * @throws Error with the compiler's messages
 */
async function buildClient(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true })
  compile(join(root, 'src/client/index.ts'), directory)
  await writeFile(join(directory, 'package.json'), `${JSON.stringify(await manifest(), null, 2)}\n`)
  for (const name of ['README.md', 'example.mjs'])
    await copyFile(join(root, 'client-package', name), join(directory, name))
  await copyFile(join(root, '../../LICENSE'), join(directory, 'LICENSE'))
}

function compile(entry: string, directory: string): void {
  const program = ts.createProgram([entry], {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    types: [],
    rootDir: join(root, 'src/client'),
    outDir: directory,
    declaration: true,
    strict: true,
    skipLibCheck: true,
    rewriteRelativeImportExtensions: true,
    verbatimModuleSyntax: true,
  })
  const { diagnostics } = program.emit()
  const found = [...ts.getPreEmitDiagnostics(program), ...diagnostics]
  if (found.length > 0) throw new Error(ts.formatDiagnostics(found, ts.createCompilerHost({})))
}

async function manifest(): Promise<object> {
  const { version, license } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  return {
    name: '@holdfast/client',
    version,
    description: 'Typed client for the HTTP API of Holdfast, which books doctors’ appointments',
    license,
    type: 'module',
    engines: { node: '>=20' },
    sideEffects: false,
    exports: { '.': { types: './index.d.ts', default: './index.js' } },
  }
}

if (import.meta.main) await buildClient(process.argv[2] ?? join(root, 'dist/client'))
