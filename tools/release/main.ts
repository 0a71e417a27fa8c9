// `npm run release`: makes the release of this checkout's version for this platform, and tags the commit. With
// --dry-run it makes the same files and tags nothing. --sign KEYFILE signs the checksum with the maintainers' private
// key (Ed25519, PEM; its passphrase is in HOLDFAST_RELEASE_PASSPHRASE). Needs git, GNU tar, gzip, and the npm registry
// or npm's cache.
import { execFileSync } from 'node:child_process'
import type { KeyObject } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { publicKeyOf, readSigningKey, signFile } from './sign-release.ts'
import { filesIn, sha256, stageRelease, unpackedBytesMax } from './stage-release.ts'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

const { values: options } = parseArgs({
  options: {
    'dry-run': { type: 'boolean', default: false },
    sign: { type: 'string' },
    to: { type: 'string', default: join(root, 'release') },
  },
})

function fail(message: string): never {
  process.stderr.write(`release: ${message}\n`)
  process.exit(1)
}

const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
const tag = `v${version}`
if (!options['dry-run']) {
  if (git('status', '--porcelain') !== '') fail('there are changes that are not committed. Commit them first.')
  if (git('tag', '--list', tag) !== '') fail(`${tag} exists already. Raise the version in the package.json files.`)
  if (!readFileSync(join(root, 'CHANGELOG.md'), 'utf8').includes(`## ${version}`)) {
    fail(`CHANGELOG.md has no heading for ${version}.`)
  }
}

// The key is opened before the minutes that the rest takes.
const signingKey = options.sign === undefined ? null : openSigningKey(options.sign)

execFileSync(process.execPath, [join(root, 'tools/build-site.mjs')], { stdio: 'inherit' })

const target = resolve(options.to)
mkdirSync(target, { recursive: true })
const name = `holdfast-${version}-${process.platform}-${process.arch}`
const scratch = mkdtempSync(join(target, '.staging-'))
try {
  const staged = join(scratch, name)
  stageRelease(root, staged)
  const archive = join(target, `${name}.tar.gz`)
  pack(staged, archive)
  writeFileSync(`${archive}.sha256`, `${sha256(archive)}  ${basename(archive)}\n`)
  const bytes = filesIn(staged).reduce((sum, path) => sum + statSync(path).size, 0)
  report(archive, bytes)
  // The checksum, and so the archive.
  if (signingKey !== null) reportSignature(signingKey, signFile(signingKey, `${archive}.sha256`))
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
if (!options['dry-run']) {
  git('tag', '--annotate', tag, '--message', `Holdfast ${version}`)
  process.stdout.write(`Tagged ${tag}; publish it with: git push origin ${tag}\n`)
}

/** The same release of the same commit has the same archive: names in order, no owners, the commit's time. */
function pack(directory: string, archive: string): void {
  const owner = ['--owner=0', '--group=0', '--numeric-owner', '--mode=u+rwX,go+rX,go-w']
  const order = ['--sort=name', `--mtime=@${git('log', '-1', '--format=%ct')}`]
  const place = ['-C', dirname(directory), basename(directory)]
  execFileSync('tar', ['-cf', archive, '--use-compress-program=gzip -n', ...owner, ...order, ...place])
}

function openSigningKey(keyFile: string): KeyObject {
  try {
    return readSigningKey(keyFile, process.env.HOLDFAST_RELEASE_PASSPHRASE)
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error))
  }
}

function reportSignature(key: KeyObject, signature: string): void {
  process.stdout.write(`${signature}\nThe public key, which people need once, from another place than the release:\n`)
  process.stdout.write(publicKeyOf(key))
}

function report(archive: string, unpackedBytes: number): void {
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`
  process.stdout.write(`${archive}\n${archive}.sha256\n`)
  process.stdout.write(`packed ${megabytes(statSync(archive).size)}, unpacked ${megabytes(unpackedBytes)}\n`)
  if (unpackedBytes > unpackedBytesMax) {
    process.stdout.write(`That is more than ${megabytes(unpackedBytesMax)}: find out what became larger.\n`)
  }
}
