/** Changes with the password, and when all sessions are ended. null: neither has happened, or there is no account. */
export type SignInMark = string | null

/** An account, as it has been since its mark changed. */
export type MarkedAccount = { id: string; mark: SignInMark }
