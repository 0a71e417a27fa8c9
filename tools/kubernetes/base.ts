// What runs of Holdfast in a cluster of Kubernetes, with any database.
import { Deployment } from 'kubernetes-models/apps/v1'
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2'
import { Job } from 'kubernetes-models/batch/v1'
import { Ingress } from 'kubernetes-models/networking.k8s.io/v1'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1'
import { ConfigMap, Namespace, Service } from 'kubernetes-models/v1'
import { labelsOf, metadataOf, metricsPort, namespace, serverPort, settingsName } from './names.ts'
import { podTemplate } from './pods.ts'

const host = 'book.example.org'
const serverName = 'holdfast-server'

const ofNamespace = new Namespace({
  metadata: {
    name: namespace,
    labels: { ...labelsOf(), 'pod-security.kubernetes.io/enforce': 'restricted' },
  },
})

/** No secrets. A pod reads it when it starts. */
const settings = new ConfigMap({
  metadata: metadataOf(settingsName),
  data: {
    HOST: '0.0.0.0',
    PORT: String(serverPort),
    HOLDFAST_URL: `https://${host}`,
    HOLDFAST_ADMIN_EMAIL: `admin@${host}`,
    // The ingress controller, which no pod can be reached past.
    HOLDFAST_TRUSTED_PROXIES: '1',
    HOLDFAST_WORKER: 'off',
    HOLDFAST_METRICS_PORT: String(metricsPort),
    HOLDFAST_WORKER_PORT: String(metricsPort),
    HOLDFAST_SHUTDOWN_SECONDS_MAX: '30',
    // Failovers of operators and clouds take longer than the default allows.
    HOLDFAST_OUTCOME_SECONDS_MAX: '40',
    HOLDFAST_ANSWER_SECONDS_MAX: '45',
  },
})

const rollout = { type: 'RollingUpdate' as const, rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }

/** Without `replicas`: the autoscaler sets them, and each `kubectl apply` would set them back. */
const server = new Deployment({
  metadata: metadataOf(serverName, 'server'),
  spec: {
    selector: { matchLabels: labelsOf('server') },
    strategy: rollout,
    // As `holdfast wait-ready` waits.
    minReadySeconds: 6,
    progressDeadlineSeconds: 900,
    template: podTemplate('server'),
  },
})

const worker = new Deployment({
  metadata: metadataOf('holdfast-worker', 'worker'),
  spec: {
    replicas: 1,
    selector: { matchLabels: labelsOf('worker') },
    strategy: rollout,
    template: podTemplate('worker'),
  },
})

/** Idempotent, and safe beside servers of the previous release. It runs before the rollout of a new release. */
const migrate = new Job({
  metadata: metadataOf('holdfast-migrate', 'migrate'),
  spec: {
    backoffLimit: 10,
    activeDeadlineSeconds: 7200,
    ttlSecondsAfterFinished: 86_400,
    template: podTemplate('migrate'),
  },
})

const service = new Service({
  metadata: metadataOf(serverName, 'server'),
  spec: {
    selector: labelsOf('server'),
    ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }],
  },
})

/** Without a class: that is the cluster's default. */
const ingress = new Ingress({
  metadata: metadataOf('holdfast', 'server'),
  spec: {
    tls: [{ hosts: [host], secretName: 'holdfast-tls' }],
    rules: [
      {
        host,
        http: {
          paths: [
            { path: '/', pathType: 'Prefix', backend: { service: { name: serverName, port: { name: 'http' } } } },
          ],
        },
      },
    ],
  },
})

const disruptions = new PodDisruptionBudget({
  metadata: metadataOf(serverName, 'server'),
  spec: { minAvailable: 1, selector: { matchLabels: labelsOf('server') } },
})

const autoscaler = new HorizontalPodAutoscaler({
  metadata: metadataOf(serverName, 'server'),
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: serverName },
    minReplicas: 2,
    maxReplicas: 10,
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } }],
    // A peak comes back; pages that are open connect again when their server ends.
    behavior: { scaleDown: { stabilizationWindowSeconds: 600 } },
  },
})

/** The manifests of each file of the base. */
export const base = {
  'namespace.yaml': [ofNamespace],
  'settings.yaml': [settings],
  'migrate.yaml': [migrate],
  'server.yaml': [server, service, ingress, disruptions, autoscaler],
  'worker.yaml': [worker],
}
