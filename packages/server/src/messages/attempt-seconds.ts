/**
 * Of an attempt to send a message or an e-mail. `all`: for so long no other process has it; it waits for a free
 * connection to the mail server meanwhile. `sending`: longer than the mail server, or the SMS provider, may take for
 * one.
 */
export const attemptSeconds = { all: 240, sending: 120 }
