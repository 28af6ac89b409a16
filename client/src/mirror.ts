/** A receiver in a file, to verify another one by. */
export { mirrorChannel } from './mirror/mirror-channel.ts';
