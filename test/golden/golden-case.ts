import type { DescMessage, Message } from '@bufbuild/protobuf';
import { toBinary } from '@bufbuild/protobuf';

/** One golden file to be: a message, and its bytes where they are not simply those that `toBinary` makes. */
export interface GoldenCase {
  name: string;
  schema: DescMessage;
  bytes: Uint8Array;
  /** Whether serializing the decoded message gives the same bytes again. */
  canonical: boolean;
  /** For a `SealedBatch`: the golden file that holds what is in it. */
  content?: string;
}

/** A case whose bytes are those of the message, and come out again when it is decoded and serialized. */
export function canonicalCase(name: string, schema: DescMessage, message: Message): GoldenCase {
  return { name, schema, bytes: toBinary(schema, message), canonical: true };
}
