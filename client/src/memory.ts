/** For the unit tests of applications: a channel that keeps what was logged, and says what is missing. */
export type { EventMatch, ValueMatch } from './memory/event-match.ts';
export type { RecordedDrop, RecordedEvent } from './memory/recorded-event.ts';
export {
  EventExpectationError,
  type MemoryChannel,
  type MemoryChannelOptions,
  memoryChannel,
} from './memory-channel.ts';
