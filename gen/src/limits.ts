import { create } from '@bufbuild/protobuf';
import { LimitsSchema } from './generated/telemetry/v1/limits_pb.ts';

/**
 * The limits of the protocol, read from the field defaults of `telemetry.v1.Limits`, where each one's derivation stands. Frozen:
 * a collector that keeps lower limits makes its own message.
 */
export const protocolLimits = Object.freeze(create(LimitsSchema));
