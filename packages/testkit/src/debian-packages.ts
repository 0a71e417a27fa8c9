import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/**
 * Installs packages of Debian, if this is Debian and the tests run as root; otherwise it does nothing. When two
 * processes install at the same time, apt-get makes one wait for the other.
 *
 * @returns whether they are installed now
 */
export function installDebianPackages(...packages: string[]): boolean {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return false
  // RUNLEVEL=1: no package starts a server.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  const apt = (...args: string[]) =>
    spawnSync('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=300', ...args], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  apt('update')
  return apt('install', '-y', '--no-install-recommends', ...packages).status === 0
}
