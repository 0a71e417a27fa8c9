import { withLoginOf } from '@holdfast/engine'

/** Where a server reads from a replica of DATABASE_REPLICA_URLS. @param login a URL with the login, if it has none */
export function replicaUrl(given: string, login: string): string {
  return hasUser(given) ? given : withLoginOf(given, login)
}

/** For logs, metrics and checks: without login and parameters, but for the directory of a socket. */
export function replicaName(url: string): string {
  const [, host = ''] = /^postgres(?:ql)?:\/\/(?:[^/?#@]*@)?([^/?#]*)/.exec(url) ?? []
  return host === '' ? (new URLSearchParams(url.split('?')[1]).get('host') ?? 'local') : host
}

function hasUser(url: string): boolean {
  return /^postgres(ql)?:\/\/[^/?#@]+@/.test(url)
}
