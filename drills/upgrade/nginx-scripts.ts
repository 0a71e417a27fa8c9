import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ownProgram } from '../cluster/holdfast-process.ts'
import type { SiteNginx } from '../cluster/start-nginx.ts'
import { deploy } from '../cluster/template.ts'

type Environment = Record<string, string>

/** Runs a script of deploy/nginx for this nginx. @returns what it has printed @throws Error with that, if it fails */
export function runNginxScript(
  nginx: Pick<SiteNginx, 'site' | 'command'>,
  script: 'share' | 'canary',
  args: readonly string[],
  env: Environment = {},
): Promise<string> {
  return runWithNginx(nginx, join(deploy, 'nginx', script), args, env)
}

/** Runs a program that calls such scripts. */
export async function runWithNginx(
  nginx: Pick<SiteNginx, 'site' | 'command'>,
  program: string,
  args: readonly string[],
  env: Environment = {},
): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, {
    env: {
      PATH: `${process.env.PATH}:/usr/sbin:/sbin`,
      SITE: nginx.site,
      NGINX: nginx.command,
      COMPARE: `${process.execPath} ${ownProgram} compare-servers`,
      ...env,
    },
  })
  return stdout
}
