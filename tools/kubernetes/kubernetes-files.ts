import { type IPodMetricsEndpoint, PodMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1'
import { stringify } from 'yaml'
import { base } from './base.ts'
import { databaseCluster, databaseUrlPatch } from './database-cluster.ts'
import { type Component, labelsOf, metadataOf, secretName } from './names.ts'
import { databasePods, networkPolicies, ofDatabase, toDatabase } from './network-policies.ts'

/** A model of kubernetes-models, which knows its schema. */
type Model = { validate(): void; toJSON(): unknown }

const header = '# `npm run kubernetes` wrote this from tools/kubernetes. See docs/operations/kubernetes.md.\n'
/** Long texts stay in one line, what occurs twice is written twice, and `off` is in quotation marks, as in YAML 1.1. */
const text = (value: unknown) => stringify(value, { lineWidth: 0, aliasDuplicateObjects: false, version: '1.1' })

/** @throws Error if one does not follow the schema of its kind */
function manifests(models: readonly Model[]): string {
  for (const model of models) model.validate()
  return header + models.map((model) => text(model.toJSON())).join('---\n')
}

const kustomization = (parts: Readonly<Record<string, unknown>>) =>
  header + text({ apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', ...parts })

/** The names of the jobs begin as the alerts of deploy/prometheus expect. */
function podMonitor(component: Component): PodMonitor {
  const endpoint: IPodMetricsEndpoint = {
    port: 'metrics',
    path: '/metrics',
    interval: '15s',
    authorization: { credentials: { name: secretName, key: 'HOLDFAST_METRICS_TOKEN' } },
    relabelings: [{ targetLabel: 'job', replacement: `holdfast-${component}s`, action: 'replace' }],
  }
  return new PodMonitor({
    metadata: metadataOf(`holdfast-${component}s`, component),
    spec: { selector: { matchLabels: labelsOf(component) }, podMetricsEndpoints: [endpoint] },
  })
}

const patched = [
  ['Job', 'holdfast-migrate'],
  ['Deployment', 'holdfast-server'],
  ['Deployment', 'holdfast-worker'],
] as const

/** The network in which an external database is: that of deploy/terraform. */
const databaseNetwork = { ipBlock: { cidr: '10.20.0.0/16' } }

const cloudNativePg = {
  'kustomization.yaml': kustomization({
    resources: ['../../base', 'database.yaml', 'network-policies.yaml'],
    patches: patched.map(([kind, name]) => ({ path: 'database-url.yaml', target: { kind, name } })),
  }),
  'database.yaml': header + text(databaseCluster),
  'database-url.yaml': header + text(databaseUrlPatch),
  'network-policies.yaml': manifests([toDatabase(databasePods), ofDatabase]),
}

const externalDatabase = {
  'kustomization.yaml': kustomization({ resources: ['../../base', 'network-policies.yaml'] }),
  'network-policies.yaml': manifests([toDatabase(databaseNetwork)]),
}

const prometheusOperator = {
  'kustomization.yaml':
    header +
    text({
      apiVersion: 'kustomize.config.k8s.io/v1alpha1',
      kind: 'Component',
      resources: ['pod-monitors.yaml'],
    }),
  'pod-monitors.yaml': manifests([podMonitor('server'), podMonitor('worker')]),
}

/** The files of deploy/kubernetes: their paths and texts. */
export function kubernetesFiles(): [path: string, text: string][] {
  const ofBase = { ...base, 'network-policies.yaml': networkPolicies }
  const folders = {
    base: {
      'kustomization.yaml': kustomization({ resources: Object.keys(ofBase) }),
      ...Object.fromEntries(Object.entries(ofBase).map(([name, models]) => [name, manifests(models)])),
    },
    'overlays/cloudnative-pg': cloudNativePg,
    'overlays/external-database': externalDatabase,
    'components/prometheus-operator': prometheusOperator,
  }
  return Object.entries(folders).flatMap(([folder, files]) =>
    Object.entries(files).map(([name, one]): [string, string] => [`${folder}/${name}`, one]),
  )
}
