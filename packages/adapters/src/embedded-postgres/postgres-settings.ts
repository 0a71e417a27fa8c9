import { totalmem } from 'node:os'
import { embeddedPort } from './embedded-postgres-url.ts'

const mebibyte = 1024 * 1024

/**
 * The server's settings, passed on its command line at every start, so that a new version of Holdfast can change them.
 * They suit one process and its database on a small machine. Durability is never reduced.
 *
 * @param memoryBytes memory of this machine or its container
 */
export function postgresSettings(socketDirectory: string, memoryBytes: number): Record<string, string> {
  const sharedMiB = Math.min(512, Math.max(64, Math.floor(memoryBytes / mebibyte / 8)))
  return {
    // Reachable only through a socket, in a directory that no other account can enter.
    listen_addresses: '',
    port: String(embeddedPort),
    unix_socket_directories: socketDirectory,
    unix_socket_permissions: '0700',
    password_encryption: 'scram-sha-256',
    max_connections: '100',
    // A confirmed booking survives a power failure.
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    timezone: 'UTC',
    log_timezone: 'UTC',
    lc_messages: 'C',
    shared_buffers: `${sharedMiB}MB`,
    effective_cache_size: `${sharedMiB * 3}MB`,
    work_mem: '8MB',
    maintenance_work_mem: '64MB',
    max_wal_size: '1GB',
    checkpoint_timeout: '15min',
    // If backups fail for long, their slot must not fill the disk with WAL. The next one then begins with a new copy.
    max_slot_wal_keep_size: '4GB',
    random_page_cost: '1.1',
    jit: 'off',
    // A transaction over all monthly partitions locks each partition and each of its indexes.
    max_locks_per_transaction: '256',
    autovacuum_naptime: '20s',
    // No DETAIL and STATEMENT lines: they contain patients' names.
    log_min_messages: 'error',
    log_error_verbosity: 'terse',
    log_min_error_statement: 'panic',
    log_checkpoints: 'off',
    log_line_prefix: '%m [%p] ',
  }
}

/** The memory available to this process in bytes: the container's limit if there is one. */
export function memoryBytes(): number {
  const constrained = process.constrainedMemory()
  const total = totalmem()
  return constrained > 0 && constrained < total ? constrained : total
}
