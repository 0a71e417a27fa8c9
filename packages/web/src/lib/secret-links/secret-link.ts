/** What a link gives access to, and its manage token. null: the signed-in account has access. */
export type SecretLink = { id: string; manageToken: string | null }

declare module '@tanstack/history' {
  interface HistoryState {
    /**
     * The secret of a link, while its address shows only the id. null: the account opens it, also if this device stores
     * a token, which is void then.
     */
    manageToken?: string | null
  }
}

const pattern = /^#?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\.(hfm_[A-Za-z0-9_-]{16,200}))?$/

/** Parses the part of an address after the #: an id and its manage token. null: the link is incomplete. */
export function parseSecretLink(hash: string): SecretLink | null {
  const [, id, manageToken] = pattern.exec(hash) ?? []
  return id === undefined ? null : { id, manageToken: manageToken ?? null }
}

/** The part of an address after the #. */
export function secretHash({ id, manageToken }: SecretLink): string {
  return manageToken === null ? id : `${id}.${manageToken}`
}

/** The credentials of a request. Without a token, the cookie identifies the account. */
export function authOf({ manageToken }: Pick<SecretLink, 'manageToken'>): { auth?: string } {
  return manageToken === null ? {} : { auth: manageToken }
}
