import { encodeBlacklistRequest, listOfResponse } from '../blacklist/blacklist-messages.ts';
import type { BlacklistSource, KnownBlacklist } from '../blacklist-source.ts';
import { ChannelError, toError } from '../errors.ts';
import { codeMeaning } from './connect-code.ts';
import { readConnectError } from './connect-error.ts';
import { type CallTarget, postCall } from './post-call.ts';

/** The blacklist of a collector, over its web port. It is not watched there: acknowledgements name the version in force. */
export class HttpBlacklistSource implements BlacklistSource {
  readonly #target: CallTarget;

  constructor(target: CallTarget) {
    this.#target = target;
  }

  async fetch(known: KnownBlacklist, signal: AbortSignal): Promise<Uint8Array | undefined> {
    const { address } = this.#target;
    try {
      const request = encodeBlacklistRequest(known);
      const response = await postCall(this.#target, 'BlacklistService/GetBlacklist', request, { signal });
      const body = new Uint8Array(await response.arrayBuffer());
      if (response.status === 200) {
        return listOfResponse(body);
      }
      const { code, message } = readConnectError(response.status, body);
      const kind = codeMeaning(code) === 'retry' ? 'retryable' : 'permanent';
      throw new ChannelError(`${address}: ${code}: ${message}`, { kind });
    } catch (cause) {
      if (cause instanceof ChannelError) {
        throw cause;
      }
      const problem = signal.aborted ? 'no answer for the blacklist in time' : toError(cause).message;
      throw new ChannelError(`${address}: ${problem}`, { kind: 'retryable', cause });
    }
  }
}
