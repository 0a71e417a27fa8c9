import { DatabaseUnavailable } from '@holdfast/engine'

/** While the servers are restarted with another HOLDFAST_SHARDS, those that were not yet lack a database. */
export function unknownDatabase(no: number): DatabaseUnavailable {
  const message = `This server was started without the database ${no} of the installation.`
  return new DatabaseUnavailable(message, { outcomeUnknown: false, cause: undefined })
}
