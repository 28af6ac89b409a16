import { BlacklistService } from '@telemetry/gen';
import { grpcService } from '@telemetry/gen/grpc-service';
import { createChannel, createClient } from 'nice-grpc';
import { onTestFinished } from 'vitest';
import { type RichError, richError } from '../../collector/support/raw-client.ts';

/** A stock client of the service, closed with the test. */
export function blacklistClient(address: string) {
  const channel = createChannel(address);
  onTestFinished(() => channel.close());
  return createClient(grpcService(BlacklistService), channel);
}

export type BlacklistTestClient = ReturnType<typeof blacklistClient>;

/** What a call is refused with; fails when it is not. */
export async function refusal(
  call: (options: { onTrailer: (trailer: unknown) => void }) => Promise<unknown>,
): Promise<RichError> {
  let metadata: unknown;
  try {
    await call({
      onTrailer: (trailer) => {
        metadata = trailer;
      },
    });
  } catch (error) {
    const { code, details } = error as { code: number; details: string };
    const trailer = metadata as { getAll(key: string): unknown[] } | undefined;
    return richError({ code, details, metadata: { get: (key: string) => trailer?.getAll(key) ?? [] } } as never);
  }
  throw new Error('was not refused');
}
