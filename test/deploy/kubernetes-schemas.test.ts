// Completeness: a manifest of deploy/kubernetes does not follow the schema of its kind
import * as podMonitors from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1'
import * as apps from 'kubernetes-models/apps/v1'
import * as autoscaling from 'kubernetes-models/autoscaling/v2'
import * as batch from 'kubernetes-models/batch/v1'
import * as networking from 'kubernetes-models/networking.k8s.io/v1'
import * as policy from 'kubernetes-models/policy/v1'
import * as core from 'kubernetes-models/v1'
import { expect, test } from 'vitest'
import { podsOf } from './kubernetes-problems.ts'
import { build, kubernetesManifests, type Manifest } from './kustomize.ts'

type Model = new (manifest: unknown) => { validate(): void }

/** By `apiVersion`, and then by kind. CloudNativePG's is not published as a package. */
const schemas: Record<string, object> = {
  v1: core,
  'apps/v1': apps,
  'autoscaling/v2': autoscaling,
  'batch/v1': batch,
  'monitoring.coreos.com/v1': podMonitors,
  'networking.k8s.io/v1': networking,
  'policy/v1': policy,
}

function validate(manifest: Manifest): void {
  const models = schemas[manifest.apiVersion] as Record<string, Model | undefined> | undefined
  const Kind = models?.[manifest.kind]
  if (Kind === undefined) throw new Error(`There is no schema of ${manifest.apiVersion} ${manifest.kind}.`)
  new Kind(manifest).validate()
}

const folders = ['overlays/cloudnative-pg', 'overlays/external-database', 'components/prometheus-operator']

test.each(folders)('%s: each manifest follows the schema of its kind', (folder) => {
  const { manifests } = build(kubernetesManifests(), folder)
  for (const manifest of manifests.filter(({ kind }) => kind !== 'Cluster')) validate(manifest)
})

test('negative control: a manifest that does not follow the schema of its kind is refused', () => {
  const files = kubernetesManifests()
  const text = files.get('base/server.yaml') ?? ''
  files.set('base/server.yaml', text.replace('minReadySeconds: 6', 'minReadySeconds: six'))
  const changed = build(files, 'base').manifests.find(({ kind }) => kind === 'Deployment')
  expect(() => changed && validate(changed)).toThrow('minReadySeconds')
  expect(() => validate({ apiVersion: 'v1', kind: 'Planted', metadata: { name: '' } })).toThrow('no schema')
})

test('the pods of server, worker and migration agree in what they may do, and where they write', () => {
  const shared = podsOf(build(kubernetesManifests(), 'base').manifests).map(({ spec, container }) => {
    const { containers: _, restartPolicy: _policy, topologySpreadConstraints: _spread, ...pod } = spec
    const { image, envFrom, securityContext, volumeMounts } = container
    return { ...pod, image, envFrom, securityContext, volumeMounts }
  })
  expect(shared).toHaveLength(3)
  expect(shared).toEqual([shared[0], shared[0], shared[0]])
})
