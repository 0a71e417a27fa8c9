// Who may connect to whom: nobody to anything, besides what is said here. SECURITY.md lists what Holdfast connects to.
import { type INetworkPolicyPeer, type INetworkPolicyPort, NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1'
import {
  databaseName,
  ingressNamespace,
  labelsOf,
  metadataOf,
  metricsNamespace,
  metricsPort,
  postgresPort,
  serverPort,
} from './names.ts'

const tcp = (...ports: number[]): INetworkPolicyPort[] => ports.map((port) => ({ port, protocol: 'TCP' }))
const fromNamespace = (matchLabels: Record<string, string>): INetworkPolicyPeer[] => [
  { namespaceSelector: { matchLabels } },
]
const everyPod = {}

/** Addresses that are not on the public internet, as far as a network policy can name them. */
const privateNetworks = ['10.0.0.0/8', '100.64.0.0/10', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16']
const privateNetworksV6 = ['fc00::/7', 'fe80::/10']

const smtpPorts = [465, 587]
const rabbitmqPorts = [5671]
const redisPorts = [6379, 26379]

const defaultDeny = new NetworkPolicy({
  metadata: metadataOf('default-deny'),
  spec: { podSelector: everyPod, policyTypes: ['Ingress', 'Egress'] },
})

const dns = new NetworkPolicy({
  metadata: metadataOf('dns'),
  spec: {
    podSelector: everyPod,
    policyTypes: ['Egress'],
    egress: [
      {
        to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } }],
        ports: [{ port: 53, protocol: 'UDP' }, ...tcp(53)],
      },
    ],
  },
})

const toServer = new NetworkPolicy({
  metadata: metadataOf('to-server'),
  spec: {
    podSelector: { matchLabels: labelsOf('server') },
    policyTypes: ['Ingress'],
    ingress: [
      { from: fromNamespace(ingressNamespace), ports: tcp(serverPort) },
      { from: fromNamespace(metricsNamespace), ports: tcp(metricsPort) },
    ],
  },
})

const toWorker = new NetworkPolicy({
  metadata: metadataOf('to-worker'),
  spec: {
    podSelector: { matchLabels: labelsOf('worker') },
    policyTypes: ['Ingress'],
    ingress: [{ from: fromNamespace(metricsNamespace), ports: tcp(metricsPort) }],
  },
})

/**
 * By https to public addresses: webhooks, external calendars, the SMS provider, S3, and the site itself, whose
 * certificate is read. The mail server, RabbitMQ and Redis, by their ports, may be anywhere.
 */
const outgoing = new NetworkPolicy({
  metadata: metadataOf('outgoing'),
  spec: {
    podSelector: {
      matchLabels: labelsOf(),
      matchExpressions: [{ key: 'app.kubernetes.io/component', operator: 'In', values: ['server', 'worker'] }],
    },
    policyTypes: ['Egress'],
    egress: [
      {
        to: [
          { ipBlock: { cidr: '0.0.0.0/0', except: privateNetworks } },
          { ipBlock: { cidr: '::/0', except: privateNetworksV6 } },
        ],
        ports: tcp(443),
      },
      { ports: tcp(...smtpPorts, ...rabbitmqPorts, ...redisPorts) },
    ],
  },
})

export const networkPolicies = [defaultDeny, dns, toServer, toWorker, outgoing]

/** All pods of Holdfast to a database. */
export function toDatabase(peer: INetworkPolicyPeer): NetworkPolicy {
  return new NetworkPolicy({
    metadata: metadataOf('to-database'),
    spec: {
      podSelector: { matchLabels: labelsOf() },
      policyTypes: ['Egress'],
      egress: [{ to: [peer], ports: tcp(postgresPort) }],
    },
  })
}

/** CloudNativePG's label of the pods of a cluster, also of those that create and copy it. */
export const databasePods = { podSelector: { matchLabels: { 'cnpg.io/cluster': databaseName } } }
/** Where its instances say how they are. */
const statusPort = 8000

/** What CloudNativePG needs: its instances reach each other and the API of Kubernetes; its operator reaches them. */
export const ofDatabase = new NetworkPolicy({
  metadata: metadataOf('database'),
  spec: {
    ...databasePods,
    policyTypes: ['Ingress', 'Egress'],
    ingress: [
      { from: [{ podSelector: { matchLabels: labelsOf() } }], ports: tcp(postgresPort) },
      { from: [databasePods], ports: tcp(postgresPort, statusPort) },
      { from: fromNamespace({ 'kubernetes.io/metadata.name': 'cnpg-system' }), ports: tcp(postgresPort, statusPort) },
      { from: fromNamespace(metricsNamespace), ports: [{ port: 'metrics', protocol: 'TCP' }] },
    ],
    egress: [
      { to: [databasePods], ports: tcp(postgresPort, statusPort) },
      // No selector can name the API of Kubernetes: these are its usual ports.
      { ports: tcp(443, 6443) },
    ],
  },
})
