export { checkBroker } from './check-broker.ts'
export { type DeadLetter, type DeadLetters, deadLettersMax, withDeadLetters } from './dead-letters.ts'
export { createEventPublisher, type EventMessage, type EventPublisher } from './event-publisher.ts'
export { type FailedEvent, retryFailed } from './retry-failed.ts'
