import type { MessageFacts, MessageOutcome } from '@holdfast/engine'

/** The facts of a message's booking, in the language in which it is written. `sendTo`: where its e-mails go now. */
export type SentFacts = MessageFacts & { sendTo: string }

/** What becomes of a message: an outcome, or how to hand it over. Nothing has been handed over until that is called. */
export type Prepared = MessageOutcome | (() => Promise<MessageOutcome>)
