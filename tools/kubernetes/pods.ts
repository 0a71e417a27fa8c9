// The pods of Holdfast: the container, its settings, and what it may not do.
import type { IContainer, IEnvVar, IPodTemplateSpec, IProbe, IVolume, IVolumeMount } from 'kubernetes-models/v1'
import {
  type Component,
  databaseCaDirectory,
  databaseCaSecretName,
  labelsOf,
  metricsPort,
  secretName,
  serverPort,
  settingsName,
} from './names.ts'

/** The user `holdfast` of deploy/Containerfile. */
const userId = 7654
/**
 * For how long a pod that is removed still serves, while ingress controllers learn that it will be gone.
 * HOLDFAST_SHUTDOWN_SECONDS_MAX begins after it.
 */
const secondsUntilStop = 10
/** Longer than both together, with what a process needs to close its connections and store its last backup. */
const secondsUntilKill = 120

const fromSecret = (name: string, optional = false): IEnvVar => ({
  name,
  valueFrom: { secretKeyRef: { name: secretName, key: name, ...(optional ? { optional } : {}) } },
})

/**
 * Without these no pod starts: an installation without DATABASE_URL would use an embedded database, and one without
 * HOLDFAST_SECRET a secret of each pod. DATABASE_URL is the first, where an overlay replaces it.
 */
const required = [fromSecret('DATABASE_URL'), fromSecret('HOLDFAST_SECRET')]
const ofRunning = ['HOLDFAST_METRICS_TOKEN', 'SMTP_URL', 'HOLDFAST_SMS_URL', 'AMQP_URL', 'REDIS_URL']
/** HOLDFAST_BACKUP_TO is no secret. It is with the credentials that only the worker has. */
const ofWorker = [
  ...['HOLDFAST_BACKUP_TO', 'S3_URL', 'HOLDFAST_BACKUP_PASSPHRASE', 'HOLDFAST_BACKUP_RECIPIENT'],
  'HOLDFAST_SMS_HEADERS',
]

const secrets: Readonly<Record<Component, IEnvVar[]>> = {
  server: [...required, fromSecret('HOLDFAST_ADMIN_PASSWORD'), ...ofRunning.map((name) => fromSecret(name, true))],
  worker: [...required, ...[...ofRunning, ...ofWorker].map((name) => fromSecret(name, true))],
  migrate: required,
}

const probe = (path: string, port: string, timing: Omit<IProbe, 'httpGet'>): IProbe => ({
  httpGet: { path, port },
  ...timing,
})

/**
 * Readiness fails for longer than HOLDFAST_OUTCOME_SECONDS_MAX before a pod gets no requests: without a database all
 * pods fail at once, and during a failover they still have lists to show, and claims that wait. A pod that stops is
 * taken out by its end, not by this probe.
 */
const probesOf = (port: string) => ({
  startupProbe: probe('/livez', port, { periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 60 }),
  livenessProbe: probe('/livez', port, { periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 }),
  readinessProbe: probe('/readyz', port, { periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 12 }),
})

/** Where Holdfast writes: its home, and temporary files. The rest of the container is read-only. */
const writable: IVolume[] = [
  { name: 'home', emptyDir: { sizeLimit: '2Gi' } },
  { name: 'tmp', emptyDir: { sizeLimit: '1Gi' } },
]
const databaseCa: IVolume = {
  name: 'database-ca',
  secret: { secretName: databaseCaSecretName, optional: true, items: [{ key: 'ca.crt', path: 'ca.crt' }] },
}
const mounts: IVolumeMount[] = [
  { name: 'home', mountPath: '/var/lib/holdfast' },
  { name: 'tmp', mountPath: '/tmp' },
  { name: 'database-ca', mountPath: databaseCaDirectory, readOnly: true },
]

/** Processor time is not limited: a pod that is throttled answers late. */
const resourcesOf = (cpu: string, memory: string, memoryMax: string) => ({
  requests: { cpu, memory },
  limits: { memory: memoryMax },
})

const containers: Readonly<Record<Component, Partial<IContainer>>> = {
  server: {
    args: ['start'],
    ports: [
      { name: 'http', containerPort: serverPort },
      { name: 'metrics', containerPort: metricsPort },
    ],
    resources: resourcesOf('1', '1Gi', '2Gi'),
    lifecycle: { preStop: { sleep: { seconds: secondsUntilStop } } },
    ...probesOf('http'),
  },
  worker: {
    args: ['worker'],
    ports: [{ name: 'metrics', containerPort: metricsPort }],
    resources: resourcesOf('250m', '512Mi', '1Gi'),
    ...probesOf('metrics'),
  },
  migrate: { args: ['migrate'], resources: resourcesOf('250m', '256Mi', '1Gi') },
}

/** Servers are on several nodes, and in several zones, if there are several; else they start nevertheless. */
const spread = ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((topologyKey) => ({
  maxSkew: 1,
  topologyKey,
  whenUnsatisfiable: 'ScheduleAnyway' as const,
  labelSelector: { matchLabels: labelsOf('server') },
}))

export function podTemplate(component: Component): IPodTemplateSpec {
  return {
    metadata: { labels: labelsOf(component) },
    spec: {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: secondsUntilKill,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: userId,
        fsGroup: userId,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      ...(component === 'migrate' ? { restartPolicy: 'Never' as const } : {}),
      ...(component === 'server' ? { topologySpreadConstraints: spread } : {}),
      containers: [
        {
          name: component,
          image: 'holdfast',
          ...containers[component],
          envFrom: [{ configMapRef: { name: settingsName } }],
          env: secrets[component],
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          volumeMounts: mounts,
        },
      ],
      volumes: [...writable, databaseCa],
    },
  }
}
