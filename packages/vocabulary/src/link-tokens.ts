/** A token of a link in an e-mail to an account, and the challenge of a sign-in. */
export const linkTokenPattern = /^[\w-]{32}$/
