/** Where the objects of backups are in a store: the copies, the WAL of each archive, and the lists of erasures. */
export const backupFolders = { base: 'base/', wal: 'wal/', erasures: 'erasures/' } as const
