import type { AsyncMessage, Envelope, SyncMessage } from 'rabbitmq-client'

/** What a message that is published again has of the one that was received. */
export function propertiesOf({ messageId, type, timestamp, contentType }: AsyncMessage | SyncMessage): Envelope {
  return {
    messageId: messageId ?? '',
    type: type ?? '',
    timestamp: timestamp ?? 0,
    contentType: contentType ?? 'application/octet-stream',
    appId: 'holdfast',
    durable: true,
  }
}
