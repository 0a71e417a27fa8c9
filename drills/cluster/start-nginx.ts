import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { until } from '@holdfast/testkit'
import { lastLines, type PlainProcess, plainProcess } from './plain-process.ts'
import { fillTemplate } from './template.ts'

export type SiteNginx = {
  process: PlainProcess
  restart(): Promise<void>
  /** The file of the site. */
  site: string
  /** The command that checks its files, or lets it read them again, with further options. */
  command: string
}

export type NginxOptions = {
  /** Of its certificate. */
  keyType?: 'ec' | 'rsa'
  /** Changes what is made of deploy/nginx: for a negative control. */
  change?: (configuration: string) => string
  env?: Record<string, string>
}

const host = '127.0.0.1'

const keyArgs = {
  ec: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  rsa: ['-newkey', 'rsa:2048'],
}

/** @param servers their URLs */
export async function startNginx(
  directory: string,
  ports: { http: number; https: number },
  servers: readonly string[],
  { keyType = 'ec', change = (configuration) => configuration, env = {} }: NginxOptions = {},
): Promise<{ certificate: string; nginx: SiteNginx }> {
  const [own, key] = [join(directory, 'nginx'), join(directory, 'nginx', 'key.pem')]
  await mkdir(own, { mode: 0o711 })
  const file = join(own, 'certificate.pem')
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1'
  const args = ['req', '-x509', ...keyArgs[keyType], '-noenc', '-days', '30']
  await promisify(execFile)('openssl', [
    ...args,
    ...['-subj', '/CN=localhost', '-addext', names, '-keyout', key, '-out', file],
  ])
  const configuration = await fillTemplate('nginx/holdfast.conf.template', join(own, 'holdfast.conf'), {
    HOST: 'localhost',
    HTTP_PORT: ports.http,
    HTTPS_PORT: ports.https,
    CERTIFICATE: file,
    KEY: key,
    SERVERS: servers.map((url) => `server ${new URL(url).host} max_fails=3 fail_timeout=5s;`).join('\n  '),
  })
  await writeFile(configuration, change(await readFile(configuration, 'utf8')))
  const main = await fillTemplate('cluster/nginx.conf.template', join(own, 'nginx.conf'), { NGINX_DIRECTORY: own })
  const log = join(directory, 'nginx.log')
  const start = async () => {
    const nginx = plainProcess({ name: 'nginx', command: 'nginx', args: ['-e', 'stderr', '-c', main], log, env })
    const isUp = async () => {
      if (nginx.hasEnded()) throw new Error(await lastLines(nginx))
      // It answers by redirecting.
      const response = await fetch(`http://${host}:${ports.http}/`, { redirect: 'manual' }).catch(() => null)
      return response?.status === 308 ? true : undefined
    }
    await until(isUp, () => lastLines(nginx))
    return nginx
  }
  const nginx: SiteNginx = {
    process: await start(),
    async restart() {
      nginx.process = await start()
    },
    site: configuration,
    command: `nginx -e stderr -c ${main}`,
  }
  return { certificate: await readFile(file, 'utf8'), nginx }
}
