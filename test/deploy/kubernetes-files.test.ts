// Completeness: a manifest of deploy/kubernetes names what does not exist, or differs from the code or its page
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setupSteps, stepsInDatabase } from '@holdfast/engine'
import { readConfig } from '@holdfast/server/config'
import { connectionsMax, connectionsOfProcess } from '@holdfast/server/database-connections'
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { readContainerfile } from './container-image.ts'
import { documentedCommands } from './documented-commands.ts'
import { environmentOf, kubernetesProblems, ofKind, podsOf, settingsOf } from './kubernetes-problems.ts'
import { build, type Files, kubernetesManifests, type Manifest } from './kustomize.ts'

const root = join(import.meta.dirname, '../..')
const overlays = ['overlays/cloudnative-pg', 'overlays/external-database']
const page = readFileSync(join(root, 'docs/operations/kubernetes.md'), 'utf8')

function problemsOf(files: Files, folder: string): string[] {
  const { manifests, problems } = build(files, folder)
  return [...problems, ...kubernetesProblems(manifests)]
}

/** The files with one text replaced in one of them. */
function changed(path: string, from: string, to: string): Files {
  const files = kubernetesManifests()
  const text = files.get(path) ?? ''
  expect(text).toContain(from)
  return files.set(path, text.replace(from, to))
}

test.each(overlays)('%s: what its manifests refer to exists, and equals the code', (overlay) => {
  expect(problemsOf(kubernetesManifests(), overlay)).toEqual([])
})

test.each<[path: string, from: string, to: string, problem: string]>([
  ['base/kustomization.yaml', '  - worker.yaml\n', '', 'does not name base/worker.yaml'],
  ['base/kustomization.yaml', 'worker.yaml', 'workers.yaml', 'there is no base/workers.yaml'],
  ['base/kustomization.yaml', '- worker.yaml', '- worker.yaml\n  - worker.yaml', 'names worker.yaml twice'],
  ['base/worker.yaml', 'name: holdfast-settings', 'name: settings', 'there is no ConfigMap settings'],
  [
    'base/worker.yaml',
    'name: holdfast\n                  key: HOLDFAST',
    'name: other\n                  key: HOLDFAST',
    'secret other',
  ],
  ['base/worker.yaml', 'path: /readyz', 'path: /ready', 'nothing serves /ready'],
  ['base/worker.yaml', 'port: metrics', 'port: http', 'a probe has no port http'],
  ['base/worker.yaml', 'containerPort: 9090', 'containerPort: 9091', 'nothing listens on 9091'],
  ['base/worker.yaml', 'failureThreshold: 12', 'failureThreshold: 3', 'is not ready during a failover'],
  ['base/server.yaml', 'PeriodSeconds: 120', 'PeriodSeconds: 60', 'is killed after 60 s, and a stop may take 80 s'],
  ['base/server.yaml', 'name: SMTP_URL', 'name: SMTP', 'SMTP is no setting'],
  ['base/server.yaml', 'targetPort: http', 'targetPort: https', 'its pods have no port https'],
  ['base/server.yaml', 'component: server\n  strategy', 'component: web\n  strategy', 'does not select its pods'],
  ['base/server.yaml', 'minAvailable: 1', 'minAvailable: 2', 'no node can be drained'],
  ['base/server.yaml', 'kind: Deployment\n    name: holdfast-server', 'kind: Deployment\n    name: web', 'is no web'],
  ['base/server.yaml', 'readOnlyRootFilesystem: true', 'readOnlyRootFilesystem: false', 'may write to its root'],
  ['base/server.yaml', '                name: http\n', '                name: web\n', 'no port web of a Service'],
  ['base/settings.yaml', 'PORT: "3000"', 'PORT: "8080"', 'nothing listens on 3000'],
  ['base/settings.yaml', 'PORT: "3000"', 'PORT: 3000', 'PORT is the number 3000, and no string'],
  ['base/settings.yaml', 'WORKER: "off"', 'WORKER: off', 'HOLDFAST_WORKER is the boolean false, and no string'],
  ['base/settings.yaml', 'PORT: "3000"', 'PORT: http', 'PORT is not valid'],
  [
    'base/settings.yaml',
    'PORT: "3000"',
    'PORT: "3000"\n  HOLDFAST_SECRET: in-plain-sight-for-everybody-here',
    'a secret',
  ],
  ['base/settings.yaml', 'https://book', 'https://www', 'book.example.org is not the host of HOLDFAST_URL'],
  [
    'base/network-policies.yaml',
    '  policyTypes:\n    - Ingress\n    - Egress',
    '  policyTypes:\n    - Ingress',
    'denied',
  ],
  ['base/network-policies.yaml', 'port: 3000', 'port: 3001', 'NetworkPolicy to-server: port 3001'],
  ['base/network-policies.yaml', 'component: worker', 'component: jobs', 'to-worker: it selects no pods'],
  ['overlays/cloudnative-pg/network-policies.yaml', 'cluster: holdfast-database', 'cluster: database', 'nobody has'],
  [
    'overlays/cloudnative-pg/database.yaml',
    'name: holdfast-database',
    'name: other',
    'the secret holdfast-database-app',
  ],
  ['overlays/cloudnative-pg/database-url.yaml', '$(DATABASE_URI)', '$(URI)', 'DATABASE_URL is not valid'],
  ['overlays/cloudnative-pg/database-url.yaml', 'value: DATABASE_URL', 'value: PORT', 'is DATABASE_URL, not PORT'],
  ['overlays/cloudnative-pg/kustomization.yaml', 'name: holdfast-worker', 'name: worker', 'there are 0 of Deployment'],
])('negative control: in %s, %j instead of %j', (path, from, to, problem) => {
  expect(problemsOf(changed(path, from, to), 'overlays/cloudnative-pg').join('\n')).toContain(problem)
})

test('CloudNativePG’s URL is used with TLS by every pod, and that of the secret otherwise', () => {
  const urls = overlays.map((overlay) => {
    const { manifests } = build(kubernetesManifests(), overlay)
    return podsOf(manifests).map((pod) => environmentOf(pod, settingsOf(manifests)).DATABASE_URL)
  })
  const parameters = 'sslmode=verify-full&sslrootcert=/etc/holdfast-database/ca.crt'
  const withTls = `postgresql://holdfast:password@database:5432/holdfast?${parameters}`
  expect(urls).toEqual([
    [withTls, withTls, withTls],
    Array.from({ length: 3 }, () => 'postgres://holdfast:password@database/holdfast'),
  ])
})

type Cluster = Manifest & {
  spec: {
    instances: number
    postgresql: { parameters: Record<string, string>; synchronous: { number: number; failoverQuorum: boolean } }
    bootstrap: { initdb: { postInitApplicationSQL: string[] } }
  }
}

test('the database of CloudNativePG is set up as by setup-database, and has enough connections for all servers', () => {
  const { manifests } = build(kubernetesManifests(), 'overlays/cloudnative-pg')
  const [cluster] = ofKind<Cluster>(manifests, 'Cluster')
  const names = { database: 'holdfast', owner: 'holdfast', password: '' }
  const steps = setupSteps(names).map(({ statement }) => statement)
  // CloudNativePG creates the role and the database, as a superuser.
  const others = /^CREATE ROLE "|^CREATE DATABASE|^GRANT .*ON DATABASE|TO CURRENT_USER$/
  const needed = steps.filter((statement) => !others.test(statement))
  const sql = cluster?.spec.bootstrap.initdb.postInitApplicationSQL.map((one) => one.replace(' REPLICATION', ''))
  expect(sql).toEqual([...needed, ...stepsInDatabase('holdfast').map(({ statement }) => statement)])
  expect(cluster?.spec).toMatchObject({ instances: 3 })
  expect(cluster?.spec.postgresql.synchronous).toMatchObject({ number: 1, failoverQuorum: true })

  const autoscaler = ofKind<Manifest & { spec: { maxReplicas: number } }>(manifests, 'HorizontalPodAutoscaler')[0]
  const worker = podsOf(manifests).find(({ of }) => of === 'holdfast-worker')
  const result = readConfig(worker === undefined ? {} : environmentOf(worker, settingsOf(manifests)))
  if (result.kind !== 'ok' || autoscaler === undefined) throw new Error('There is no worker, or no autoscaler.')
  // One server more during a rollout, and one worker more.
  const servers = (autoscaler.spec.maxReplicas + 1) * connectionsOfProcess(result.config)
  const workers = 2 * connectionsMax({ ...result.config, processes: 1, runsJobs: true })
  const ofOperator = 20
  const { max_connections } = cluster?.spec.postgresql.parameters ?? {}
  expect(Number(max_connections)).toBeGreaterThanOrEqual(servers + workers + ofOperator)
})

test('the pods are those of the image: its user, its directory, its commands', () => {
  const { volume, steps } = readContainerfile()
  const pods = podsOf(build(kubernetesManifests(), 'base').manifests)
  expect(pods.map(({ container }) => container.args)).toEqual([['start'], ['worker'], ['migrate']])
  for (const { spec, container } of pods) {
    expect(steps.join()).toContain(`--uid ${spec.securityContext?.runAsUser} `)
    expect(container.volumeMounts?.map(({ mountPath }) => mountPath)).toEqual([
      volume,
      '/tmp',
      '/etc/holdfast-database',
    ])
    expect(container.command).toBeUndefined()
  }
})

test('Prometheus’ operator scrapes both, as jobs with the names that the alerts expect', () => {
  const { manifests, problems } = build(kubernetesManifests(), 'components/prometheus-operator')
  expect(problems).toEqual([])
  const stored = readFileSync(join(root, 'deploy/prometheus/prometheus.yml'), 'utf8')
  const { scrape_configs } = parse(stored) as { scrape_configs: { job_name: string }[] }
  const jobs = JSON.stringify(manifests).match(/(?<="replacement":")[^"]+/g)
  expect(jobs).toEqual(scrape_configs.map(({ job_name }) => job_name))
  const pods = podsOf(build(kubernetesManifests(), 'base').manifests)
  type PodMonitor = Manifest & { spec: { selector: { matchLabels: object }; podMetricsEndpoints: { port: string }[] } }
  const scraped = (manifests as PodMonitor[]).map(({ spec }) => {
    const found = pods.find(({ labels }) =>
      Object.entries(spec.selector.matchLabels).every(([k, v]) => labels[k] === v),
    )
    return found?.container.ports?.find(({ name }) => name === spec.podMetricsEndpoints[0]?.port)?.containerPort
  })
  expect(scraped).toEqual([9090, 9090])
})

test('the external database is in the network of deploy/terraform', () => {
  const policies = ofKind<INetworkPolicy>(build(kubernetesManifests(), overlays[1] ?? '').manifests, 'NetworkPolicy')
  const peer = policies.find(({ metadata }) => metadata?.name === 'to-database')?.spec?.egress?.[0]?.to?.[0]
  const terraform = readFileSync(join(root, 'deploy/terraform/variables.tf'), 'utf8')
  expect(terraform).toContain(`default     = "${peer?.ipBlock?.cidr}"`)
})

test('kubernetes.md names folders, objects and secrets that exist, and its own kustomization can be built', () => {
  const [example = ''] = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => text)
  expect(example).toContain('../holdfast/deploy/kubernetes/overlays/cloudnative-pg')
  const files = kubernetesManifests().set(
    'own/kustomization.yaml',
    example.replaceAll('holdfast/deploy/kubernetes/', ''),
  )
  expect(problemsOf(files, 'own')).toEqual([])
  const own = settingsOf(build(files, 'own').manifests)
  expect(own).toMatchObject({ HOLDFAST_URL: 'https://termine.example.org', HOLDFAST_MAIL_FROM: 'termine@example.org' })

  const commands = documentedCommands('kubernetes.md').join('\n')
  for (const [path = ''] of commands.matchAll(/deploy\/[\w./-]+/g))
    expect(existsSync(join(root, path)), path).toBe(true)
  const { manifests } = build(files, 'own')
  const objects = new Set(manifests.map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`))
  const named = [...commands.matchAll(/\b(deployment|job|cluster)\/[\w-]+/g)].map(([name]) => name)
  expect(named.length).toBeGreaterThan(3)
  expect(named.filter((name) => !objects.has(name))).toEqual([])
  const keys = podsOf(manifests).flatMap(({ container }) => container.env ?? [])
  const required = keys.flatMap(({ valueFrom }) => {
    const { name, key = '', optional } = valueFrom?.secretKeyRef ?? {}
    return name === 'holdfast' && optional !== true ? [key] : []
  })
  for (const key of new Set(required)) expect(commands).toContain(`--from-literal=${key}=`)
})
