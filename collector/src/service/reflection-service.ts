import { ServerReflectionService } from 'nice-grpc-server-reflection';
import { WireCursor } from '../admission/wire-cursor.ts';

/** `ServerReflectionRequest.file_containing_extension`: field 5, a message with fields that are no messages. */
const TAG_EXTENSION = (5 << 3) | 2;

const method = ServerReflectionService.serverReflectionInfo;

/**
 * The stock reflection service with its requests checked first: the decoder that comes with it goes by the length that a text claims, past
 * the end of the message, so that ten bytes kept the process from everything else for minutes.
 */
export const checkedReflectionService: typeof ServerReflectionService = {
  ...ServerReflectionService,
  serverReflectionInfo: {
    ...method,
    requestDeserialize(bytes) {
      checkLengths(bytes);
      return method.requestDeserialize(bytes);
    },
  },
};

/** Throws `Refusal` when a field of a reflection request does not end within its message. */
function checkLengths(bytes: Uint8Array): void {
  const cursor = new WireCursor();
  cursor.reset(bytes);
  while (cursor.position < bytes.length) {
    const tag = cursor.tag(bytes.length);
    if (tag !== TAG_EXTENSION) cursor.skipValue(tag & 7, bytes.length);
    else {
      const end = cursor.lengthDelimitedEnd(bytes.length);
      while (cursor.position < end) cursor.skipValue(cursor.tag(end) & 7, end);
    }
  }
}
