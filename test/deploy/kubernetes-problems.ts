// What is wrong with the manifests of an installation on Kubernetes.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readConfig, settings } from '@holdfast/server/config'
import type { IDeployment } from 'kubernetes-models/apps/v1'
import type { IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2'
import type { IJob } from 'kubernetes-models/batch/v1'
import type { IIngress, INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1'
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1'
import type { IConfigMap, IContainer, IPodSpec, IService } from 'kubernetes-models/v1'
import type { Manifest } from './kustomize.ts'

type Labels = Record<string, string>
export type Pod = { of: string; labels: Labels; spec: IPodSpec; container: IContainer; replicas: number | undefined }

const server = join(import.meta.dirname, '../../packages/server/src')
const probeRoutes = readFileSync(join(server, 'edge/probes.ts'), 'utf8')
const processes = readFileSync(join(server, 'processes/start-server-processes.ts'), 'utf8')
/** What a stop may take after HOLDFAST_SHUTDOWN_SECONDS_MAX. */
const stopSecondsMore = Number(/stopMsMore = ([\d_]+)/.exec(processes)?.[1]?.replaceAll('_', '')) / 1000

export const ofKind = <Kind>(manifests: readonly Manifest[], kind: string): Kind[] =>
  manifests.filter((one) => one.kind === kind) as Kind[]

export function podsOf(manifests: readonly Manifest[]): Pod[] {
  const owners = [...ofKind<IDeployment>(manifests, 'Deployment'), ...ofKind<IJob>(manifests, 'Job')]
  return owners.flatMap(({ metadata, spec }) => {
    const template = spec?.template
    const container = template?.spec?.containers[0]
    if (template?.spec === undefined || container === undefined) return []
    const replicas = spec !== undefined && 'replicas' in spec ? spec.replicas : undefined
    const labels = template.metadata?.labels ?? {}
    return [{ of: metadata?.name ?? '', labels, spec: template.spec, container, replicas }]
  })
}

export const settingsOf = (manifests: readonly Manifest[]): Record<string, string> =>
  Object.assign({}, ...ofKind<IConfigMap>(manifests, 'ConfigMap').map(({ data }) => data))

const isSelected = (labels: Labels, selector: Labels | undefined) =>
  Object.entries(selector ?? {}).every(([name, value]) => labels[name] === value)

export function kubernetesProblems(manifests: readonly Manifest[]): string[] {
  const pods = podsOf(manifests)
  const keys = manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
  return [
    ...keys.filter((key, index) => keys.indexOf(key) !== index).map((key) => `${key} is there twice`),
    ...manifests
      .filter(({ kind, metadata }) => kind !== 'Namespace' && metadata.namespace !== 'holdfast')
      .map(({ metadata }) => `${metadata.name} is in another namespace`),
    ...mapProblems(manifests),
    ...pods.flatMap((pod) => podProblems(pod, manifests)),
    ...deploymentProblems(manifests),
    ...trafficProblems(manifests, pods),
    ...policyProblems(manifests, pods),
  ]
}

/** Kubernetes refuses a ConfigMap whose values are numbers or booleans. */
function mapProblems(manifests: readonly Manifest[]): string[] {
  return ofKind<Manifest & { data?: Record<string, unknown> }>(manifests, 'ConfigMap').flatMap(({ metadata, data }) =>
    Object.entries(data ?? {})
      .filter(([, value]) => typeof value !== 'string')
      .map(([name, value]) => `ConfigMap ${metadata.name}: ${name} is the ${typeof value} ${value}, and no string`),
  )
}

function deploymentProblems(manifests: readonly Manifest[]): string[] {
  return ofKind<IDeployment>(manifests, 'Deployment').flatMap(({ metadata, spec }) =>
    isSelected(spec?.template.metadata?.labels ?? {}, spec?.selector.matchLabels)
      ? []
      : [`${metadata?.name} does not select its pods`],
  )
}

/** The secrets that whoever installs Holdfast, or an operator, creates. */
function knownSecrets(manifests: readonly Manifest[]): string[] {
  const ofOperator = ofKind<Manifest>(manifests, 'Cluster').map(({ metadata }) => `${metadata.name}-app`)
  return ['holdfast', 'holdfast-database-ca', ...ofOperator]
}

function podProblems(pod: Pod, manifests: readonly Manifest[]): string[] {
  const { of, spec, container } = pod
  const found: string[] = []
  const check = (isGood: boolean | undefined, problem: string) => {
    if (isGood !== true) found.push(`${of}: ${problem}`)
  }
  const { securityContext: rights } = container
  check(spec.automountServiceAccountToken === false, 'has a token of the API of Kubernetes')
  check(spec.securityContext?.runAsNonRoot, 'may run as root')
  check(spec.securityContext?.seccompProfile?.type === 'RuntimeDefault', 'has no seccomp profile')
  check(rights?.readOnlyRootFilesystem, 'may write to its root')
  check(rights?.allowPrivilegeEscalation === false, 'may get more rights')
  check(rights?.capabilities?.drop?.includes('ALL'), 'has capabilities')
  check(container.resources?.limits?.memory !== undefined, 'has no limit of memory')
  check(container.resources?.requests?.cpu !== undefined, 'has no request of processor time')

  const known = knownSecrets(manifests)
  const secrets = [
    ...(container.env ?? []).map(({ valueFrom }) => valueFrom?.secretKeyRef?.name),
    ...(spec.volumes ?? []).map(({ secret }) => secret?.secretName),
  ].filter((name) => name !== undefined)
  for (const name of secrets) check(known.includes(name), `nobody creates the secret ${name}`)
  const maps = ofKind<Manifest>(manifests, 'ConfigMap').map(({ metadata }) => metadata.name)
  for (const { configMapRef } of container.envFrom ?? []) {
    check(maps.includes(configMapRef?.name ?? ''), `there is no ConfigMap ${configMapRef?.name}`)
  }
  const volumes = (spec.volumes ?? []).map(({ name }) => name)
  for (const { name } of container.volumeMounts ?? []) check(volumes.includes(name), `there is no volume ${name}`)

  const ports = (container.ports ?? []).map(({ name }) => name)
  const { startupProbe, livenessProbe, readinessProbe } = container
  const probes = [startupProbe, livenessProbe, readinessProbe].filter((one) => one !== undefined)
  check(probes.length === (ports.length > 0 ? 3 : 0), 'lacks a probe')
  for (const { httpGet } of probes) {
    check(ports.includes(String(httpGet?.port)), `a probe has no port ${httpGet?.port}`)
    check(probeRoutes.includes(`app.get('${httpGet?.path}',`), `nothing serves ${httpGet?.path}`)
  }
  return [...found, ...settingProblems(pod, settingsOf(manifests)).map((problem) => `${of}: ${problem}`)]
}

/** A valid value of each secret. */
const exampleSecrets: Readonly<Record<string, string>> = {
  DATABASE_URL: 'postgres://holdfast:password@database/holdfast',
  DATABASE_URI: 'postgresql://holdfast:password@database:5432/holdfast',
  SMTP_URL: 'smtps://user:password@mail.example.org',
  AMQP_URL: 'amqps://user:password@broker.example.org',
  REDIS_URL: 'rediss://user:password@redis.example.org',
  S3_URL: 'https://key:secret@s3.example.org?region=eu',
  HOLDFAST_BACKUP_TO: 's3://bucket/prefix',
  HOLDFAST_BACKUP_RECIPIENT: '',
  HOLDFAST_SMS_URL: 'https://sms.example.org/messages',
  HOLDFAST_SMS_HEADERS: '{"Authorization":"Bearer secret"}',
}

/** The environment of a pod, as Kubernetes makes it. */
export function environmentOf({ container }: Pod, settingsMap: Record<string, string>): Record<string, string> {
  const environment = { ...settingsMap }
  for (const { name, value } of container.env ?? []) {
    environment[name] =
      value?.replaceAll(/\$\((\w+)\)/g, (all, other: string) => environment[other] ?? all) ??
      exampleSecrets[name] ??
      'a-secret-of-32-characters-or-more'
  }
  return environment
}

function settingProblems(pod: Pod, settingsMap: Record<string, string>): string[] {
  const { container, spec } = pod
  const env = container.env ?? []
  const names = [...Object.keys(settingsMap), ...env.map(({ name }) => name)]
  const isUsed = (name: string) => env.some(({ value }) => value?.includes(`$(${name})`))
  const unknown = names.filter((name) => !isUsed(name) && !settings.some((setting) => setting.name === name))
  const inPlain = settings.filter(({ name, secret }) => secret && name in settingsMap)
  const result = readConfig(environmentOf(pod, settingsMap))
  if (result.kind === 'invalid') return result.errors.map(({ name, value }) => `${name} is not valid: ${value}`)
  const { config } = result
  const seconds = spec.terminationGracePeriodSeconds ?? 30
  const waits = (container.lifecycle?.preStop?.sleep?.seconds ?? 0) + config.shutdownSecondsMax + stopSecondsMore
  const { periodSeconds = 10, failureThreshold = 3 } = container.readinessProbe ?? { failureThreshold: 1000 }
  const ports = (container.ports ?? []).map(({ containerPort }) => containerPort)
  const served = container.args?.[0] === 'start' ? [config.port, config.metricsPort] : [config.workerPort]
  return [
    ...unknown.map((name) => `${name} is no setting`),
    ...inPlain.map(({ name }) => `${name} is a secret`),
    ...(config.runsJobs ? ['the servers run jobs, too'] : []),
    ...(seconds < waits ? [`is killed after ${seconds} s, and a stop may take ${waits} s`] : []),
    ...(periodSeconds * failureThreshold <= config.outcomeSecondsMax ? ['is not ready during a failover'] : []),
    ...ports.filter((port) => !served.includes(port)).map((port) => `nothing listens on ${port}`),
  ]
}

function trafficProblems(manifests: readonly Manifest[], pods: readonly Pod[]): string[] {
  const services = ofKind<IService>(manifests, 'Service')
  const deployments = ofKind<IDeployment>(manifests, 'Deployment')
  const ofServices = services.flatMap(({ metadata, spec }) => {
    const selected = pods.filter(({ labels }) => isSelected(labels, spec?.selector))
    const names = selected.flatMap(({ container }) => (container.ports ?? []).map(({ name }) => name))
    const lost = (spec?.ports ?? []).filter(({ targetPort }) => !names.includes(String(targetPort)))
    return lost.map(({ targetPort }) => `Service ${metadata?.name}: its pods have no port ${targetPort}`)
  })
  const ofIngresses = ofKind<IIngress>(manifests, 'Ingress').flatMap(({ spec }) => {
    const host = new URL(settingsOf(manifests).HOLDFAST_URL ?? '').host
    const hosts = [...(spec?.rules ?? []).map((rule) => rule.host), ...(spec?.tls ?? []).flatMap((tls) => tls.hosts)]
    const paths = (spec?.rules ?? []).flatMap(({ http }) => http?.paths ?? [])
    return [
      ...hosts.filter((one) => one !== host).map((one) => `Ingress: ${one} is not the host of HOLDFAST_URL`),
      ...paths.flatMap(({ backend: { service } }) => {
        const found = services.find(({ metadata }) => metadata?.name === service?.name)
        const isThere = found?.spec?.ports?.some(({ name }) => name === service?.port?.name)
        return isThere ? [] : [`Ingress: there is no port ${service?.port?.name} of a Service ${service?.name}`]
      }),
    ]
  })
  const scaled = ofKind<IHorizontalPodAutoscaler>(manifests, 'HorizontalPodAutoscaler').flatMap(({ spec }) => {
    const target = deployments.find(({ metadata }) => metadata?.name === spec?.scaleTargetRef.name)
    if (target === undefined) return [`HorizontalPodAutoscaler: there is no ${spec?.scaleTargetRef.name}`]
    return target.spec?.replicas === undefined ? [] : ['HorizontalPodAutoscaler: the Deployment has replicas, too']
  })
  const replicasMin = Math.min(
    ...ofKind<IHorizontalPodAutoscaler>(manifests, 'HorizontalPodAutoscaler').map(({ spec }) => spec?.minReplicas ?? 1),
  )
  const ofBudgets = ofKind<IPodDisruptionBudget>(manifests, 'PodDisruptionBudget').flatMap(({ spec }) => [
    ...(pods.some(({ labels }) => isSelected(labels, spec?.selector?.matchLabels))
      ? []
      : ['PodDisruptionBudget: it selects no pods']),
    ...(Number(spec?.minAvailable) < replicasMin ? [] : ['PodDisruptionBudget: no node can be drained']),
  ])
  return [...ofServices, ...ofIngresses, ...scaled, ...ofBudgets]
}

function policyProblems(manifests: readonly Manifest[], pods: readonly Pod[]): string[] {
  const policies = ofKind<INetworkPolicy>(manifests, 'NetworkPolicy')
  const clusters = ofKind<Manifest>(manifests, 'Cluster').map(({ metadata }) => ({
    labels: { 'cnpg.io/cluster': metadata.name } as Labels,
    ports: [5432, 8000, 'metrics'] as (number | string | undefined)[],
  }))
  const all = [
    ...pods.map(({ labels, container }) => ({
      labels,
      ports: (container.ports ?? []).map(({ containerPort }) => containerPort) as (number | string | undefined)[],
    })),
    ...clusters,
  ]
  const select = (labels: Labels | undefined) => all.filter((one) => isSelected(one.labels, labels))
  const denies = policies.some(({ spec }) => {
    const types = spec?.policyTypes?.join()
    const isForAll = Object.keys(spec?.podSelector ?? {}).length === 0
    return isForAll && types === 'Ingress,Egress' && spec?.ingress === undefined && spec?.egress === undefined
  })
  return [
    ...(denies ? [] : ['NetworkPolicy: what is not allowed is not denied']),
    ...policies.flatMap(({ metadata, spec }) => {
      const of = `NetworkPolicy ${metadata?.name}`
      const selected = select(spec?.podSelector?.matchLabels)
      const rules = spec?.ingress ?? []
      const ports = rules.flatMap((rule) => rule.ports ?? []).map(({ port }) => port)
      const peers = [...rules.flatMap((rule) => rule.from ?? []), ...(spec?.egress ?? []).flatMap(({ to }) => to ?? [])]
      const nobody = peers.filter(({ podSelector }) => podSelector && select(podSelector.matchLabels).length === 0)
      return [
        ...(selected.length === 0 ? [`${of}: it selects no pods`] : []),
        ...ports
          .filter((port) => !selected.some((one) => one.ports.includes(port)))
          .map((port) => `${of}: port ${port}`),
        ...nobody.map(({ podSelector }) => `${of}: nobody has ${JSON.stringify(podSelector?.matchLabels)}`),
        ...(rules.some(({ from }) => from === undefined) ? [`${of}: everybody may connect`] : []),
      ]
    }),
  ]
}
