/** Names and ports that several manifests share. */
export const namespace = 'holdfast'
export const settingsName = 'holdfast-settings'
/** Created by whoever installs Holdfast, and by no manifest: see docs/operations/kubernetes.md. */
export const secretName = 'holdfast'
/**
 * The certificate of the database's authority, as `ca.crt`. CloudNativePG creates the secret of this name for a cluster
 * that is called {@link databaseName}.
 */
export const databaseCaSecretName = 'holdfast-database-ca'
export const databaseName = 'holdfast-database'
export const databaseCaDirectory = '/etc/holdfast-database'

export const serverPort = 3000
/** Of /metrics of the server, and of the worker with its probes. */
export const metricsPort = 9090
export const postgresPort = 5432

export type Component = 'server' | 'worker' | 'migrate'

const nameLabel = 'app.kubernetes.io/name'
const componentLabel = 'app.kubernetes.io/component'

/** What selects all pods of Holdfast, or those of a component. */
export function labelsOf(component?: Component | 'database'): Record<string, string> {
  return { [nameLabel]: 'holdfast', ...(component === undefined ? {} : { [componentLabel]: component }) }
}

/** `database`: no pod of Holdfast. */
export function metadataOf(name: string, component?: Component | 'database') {
  return { name, namespace, labels: labelsOf(component) }
}

/** Labels that an administrator gives to the namespaces of the ingress controller and of Prometheus. */
export const ingressNamespace = { 'holdfast/ingress': 'allowed' }
export const metricsNamespace = { 'holdfast/metrics': 'allowed' }
