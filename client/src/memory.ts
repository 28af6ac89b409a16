/** For the unit tests of applications: a channel that keeps what was logged, to be looked at. */
export { type MemoryChannel, type MemoryChannelOptions, memoryChannel } from './memory-channel.ts';
