import { databaseCaDirectory, databaseName, metadataOf } from './names.ts'

/** The parts of CloudNativePG's `Cluster` that are used here. kubernetes-models does not have its schema. */
export type DatabaseCluster = {
  apiVersion: 'postgresql.cnpg.io/v1'
  kind: 'Cluster'
  metadata: ReturnType<typeof metadataOf>
  spec: {
    instances: number
    imageName: string
    storage: { size: string }
    walStorage: { size: string }
    resources: Record<'requests' | 'limits', { cpu?: string; memory: string }>
    affinity: { topologyKey: string; podAntiAffinityType: 'preferred' | 'required' }
    postgresql: {
      parameters: Record<string, string>
      pg_hba: string[]
      synchronous: {
        method: 'any' | 'first'
        number: number
        dataDurability: 'required' | 'preferred'
        failoverQuorum: boolean
      }
    }
    bootstrap: {
      initdb: {
        database: string
        owner: string
        dataChecksums: boolean
        encoding: string
        localeProvider: string
        builtinLocale: string
        localeCollate: string
        localeCType: string
        postInitApplicationSQL: string[]
      }
    }
  }
}

/** What `holdfast setup-database` does, by the superuser in the new database. REPLICATION is for Holdfast's backups. */
const setup = [
  'ALTER ROLE "holdfast" LOGIN CREATEROLE REPLICATION',
  'CREATE ROLE holdfast_app NOLOGIN',
  'GRANT holdfast_app TO "holdfast" WITH ADMIN OPTION',
  'REVOKE EXECUTE ON FUNCTION pg_catalog.lo_creat(integer), pg_catalog.lo_create(oid), ' +
    'pg_catalog.lo_from_bytea(oid, bytea) FROM PUBLIC',
  'REVOKE CONNECT ON DATABASE "holdfast" FROM PUBLIC',
]

export const databaseCluster: DatabaseCluster = {
  apiVersion: 'postgresql.cnpg.io/v1',
  kind: 'Cluster',
  metadata: metadataOf(databaseName, 'database'),
  spec: {
    instances: 3,
    imageName: 'ghcr.io/cloudnative-pg/postgresql:18.6-system-trixie',
    storage: { size: '50Gi' },
    walStorage: { size: '20Gi' },
    resources: { requests: { cpu: '1', memory: '4Gi' }, limits: { memory: '4Gi' } },
    // Two instances on one node would fail together.
    affinity: { topologyKey: 'kubernetes.io/hostname', podAntiAffinityType: 'required' },
    postgresql: {
      parameters: {
        shared_buffers: '1GB',
        // Of ten servers, one more during a rollout, and two workers, of which each opens up to about 50.
        max_connections: '660',
        // Less than the disk of the WAL, so that a receiver that is away does not fill it.
        max_slot_wal_keep_size: '10GB',
      },
      pg_hba: ['hostssl replication holdfast all scram-sha-256', 'hostnossl all all all reject'],
      // A commit is acknowledged by a replica, and only one that surely has all of them is promoted.
      synchronous: { method: 'any', number: 1, dataDurability: 'required', failoverQuorum: true },
    },
    bootstrap: {
      initdb: {
        database: 'holdfast',
        owner: 'holdfast',
        dataChecksums: true,
        // As the embedded PostgreSQL is created, into which backups are restored.
        encoding: 'UTF8',
        localeProvider: 'builtin',
        builtinLocale: 'C.UTF-8',
        localeCollate: 'C',
        localeCType: 'C',
        postInitApplicationSQL: setup,
      },
    },
  },
}

/** A patch (RFC 6902) of each pod: the URL that CloudNativePG has stored, with TLS and the operator's authority. */
export const databaseUrlPatch = (() => {
  const first = '/spec/template/spec/containers/0/env/0'
  const uri = { name: 'DATABASE_URI', valueFrom: { secretKeyRef: { name: `${databaseName}-app`, key: 'uri' } } }
  const parameters = `sslmode=verify-full&sslrootcert=${databaseCaDirectory}/ca.crt`
  return [
    { op: 'test', path: `${first}/name`, value: 'DATABASE_URL' },
    { op: 'replace', path: first, value: { name: 'DATABASE_URL', value: `$(DATABASE_URI)?${parameters}` } },
    // Kubernetes replaces only variables that are defined before.
    { op: 'add', path: first, value: uri },
  ] as const
})()
