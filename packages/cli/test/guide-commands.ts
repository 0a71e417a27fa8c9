import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'vitest'

const docs = fileURLToPath(new URL('../../../docs', import.meta.url))
const program = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** The administrator of the server that a guide is tried on: its settings. */
export const guideAdmin = {
  HOLDFAST_ADMIN_EMAIL: 'boss@example.org',
  HOLDFAST_ADMIN_PASSWORD: 'a long enough password',
}

/** The scripts of a page of docs, from top to bottom. */
export function scriptsOf(page: string): string[] {
  const text = readFileSync(join(docs, page), 'utf8')
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, script = '']) => script)
}

/**
 * Runs commands as a reader would, in one terminal, and stops at the first that fails.
 *
 * @param directory where they may write
 * @returns what they printed
 */
export async function runInShell(url: string, directory: string, commands: string): Promise<string> {
  const script = `set -euo pipefail\nholdfast() { "${process.execPath}" "${program}" "$@"; }\n${commands}`
  const env = {
    PATH: process.env.PATH,
    HOME: directory,
    base: url,
    email: guideAdmin.HOLDFAST_ADMIN_EMAIL,
    password: guideAdmin.HOLDFAST_ADMIN_PASSWORD,
  }
  try {
    return (await promisify(execFile)('bash', ['-c', script], { cwd: directory, env })).stdout
  } catch (error) {
    // Its message has the commands, which are long, and not what they printed.
    if (error instanceof Error && 'stdout' in error && 'stderr' in error) {
      throw new Error(`${error.stdout}\n${error.stderr}`, { cause: error.name })
    }
    throw error
  }
}

export function expectInOrder(printed: string, texts: readonly string[]): void {
  let at = 0
  for (const text of texts) {
    const found = printed.indexOf(text, at)
    expect(found, `${text} in what follows:\n${printed.slice(at)}`).toBeGreaterThan(-1)
    at = found + text.length
  }
}
