import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { type RequestOptions, request } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { deploy, giveTo } from './template.ts'

/** Files with which the parts of a cluster prove to each other that they are parts of it. */
export type ClusterCertificates = {
  values: Record<'CLUSTER_CA' | 'CLUSTER_CERTIFICATE' | 'CLUSTER_KEY', string>
  /** The parameters of a database's URL with which a client checks that the server is one of the cluster's. */
  urlParameters: string
  /** A request to a part of the cluster, as one of its machines. @throws what Node's request does */
  send(url: string, options?: RequestOptions & { body?: string }): Promise<{ status: number; body: string }>
}

/** Creates them as for real machines, for all processes of this one. @param user whose processes read the key */
export async function createCertificates(directory: string, user: string): Promise<ClusterCertificates> {
  const own = join(directory, 'certificates')
  await mkdir(own, { mode: 0o711 })
  await promisify(execFile)(join(deploy, 'cluster/certificates'), [own, 'machine', '127.0.0.1'])
  const [caFile, certificateFile, keyFile] = ['ca.pem', 'machine.pem', 'machine.key'].map((name) =>
    join(own, name),
  ) as [string, string, string]
  const [ca, cert, key] = await Promise.all([caFile, certificateFile, keyFile].map((file) => readFile(file, 'utf8')))
  await giveTo(user, certificateFile)
  await giveTo(user, keyFile)
  return {
    values: { CLUSTER_CA: caFile, CLUSTER_CERTIFICATE: certificateFile, CLUSTER_KEY: keyFile },
    urlParameters: `sslmode=verify-ca&uselibpqcompat=true&sslrootcert=${encodeURIComponent(caFile)}`,
    async send(url, { body, ...options } = {}) {
      const sent = request(url, { ca, cert, key, agent: false, signal: AbortSignal.timeout(2_000), ...options })
      sent.end(body)
      const [response] = (await once(sent, 'response')) as [IncomingMessage]
      return { status: response.statusCode ?? 0, body: await text(response) }
    },
  }
}
