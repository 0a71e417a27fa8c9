/**
 * The seconds of an attempt to send a message or an e-mail. `all`: how long this process owns it, including the wait
 * for a free connection to the mail server. `sending`: how much of that is left when it begins to send; longer than the
 * mail server, or the SMS provider, may take for one.
 */
export const attemptSeconds = { all: 240, sending: 120 }
