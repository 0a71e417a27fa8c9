import { execFile } from 'node:child_process'
import { createPrivateKey } from 'node:crypto'
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { signFile } from '../../tools/release/sign-release.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')

/**
 * `npm run release -- --dry-run --sign KEYFILE`. If HOLDFAST_TEST_RELEASE is the directory of an earlier one, this
 * copies and signs it.
 *
 * @returns what it printed; nothing of an earlier one
 */
export async function buildRelease(directory: string, keyFile: string): Promise<string> {
  const { HOLDFAST_TEST_RELEASE: earlier } = process.env
  if (earlier !== undefined) {
    cpSync(earlier, directory, { recursive: true })
    signRelease(directory, releaseName(versionOfCheckout()), keyFile)
    return ''
  }
  const args = ['--dry-run', '--sign', keyFile, '--to', directory]
  const { stdout } = await run(process.execPath, [join(root, 'tools/release/main.ts'), ...args], { cwd: root })
  return stdout
}

function signRelease(directory: string, name: string, keyFile: string): void {
  signFile(createPrivateKey(readFileSync(keyFile)), join(directory, `${name}.tar.gz.sha256`))
}

/** The name of the release's directory and, with .tar.gz, of its archive. */
export function releaseName(version: string): string {
  return `holdfast-${version}-${process.platform}-${process.arch}`
}

/**
 * An unpacked release as another version, changed by a shell script that runs in its directory, with new checksums.
 *
 * @returns the name of its directory
 */
export async function releaseAs(directory: string, from: string, to: string, change = 'true'): Promise<string> {
  const [old, name] = [releaseName(from), releaseName(to)]
  const manifests = "find . -name package.json ! -path '*/node_modules/*'"
  const script = `
    set -eu
    mkdir ${name}
    tar -xzf ${old}.tar.gz -C ${name} --strip-components=1
    cd ${name}
    ${manifests} -exec sed -i 's/"version": "${from}"/"version": "${to}"/' {} +
    ${change}
    # Only what differs: all of it takes seconds.
    changed=$(${manifests} | cut -c 3-; echo packages/cli/src/main.ts; echo deploy/nginx/holdfast.conf.template)
    for path in $changed; do sed -i "\\|  $path$|d" SHA256SUMS; sha256sum "$path" >>SHA256SUMS; done`
  await run('sh', ['-c', script], { cwd: directory })
  return name
}

/** Its archive, with the checksum and the signature. */
export async function packRelease(directory: string, name: string, keyFile: string): Promise<void> {
  const script = `tar -cf ${name}.tar.gz --use-compress-program='gzip -1' ${name}`
  await run('sh', ['-c', `${script} && sha256sum ${name}.tar.gz >${name}.tar.gz.sha256`], { cwd: directory })
  signRelease(directory, name, keyFile)
}

/** This checkout's. */
export function versionOfCheckout(): string {
  return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version
}
