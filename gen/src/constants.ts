/** The numbers of the protocol's enumerations, and its limits: what needs no runtime of protobuf, for those who count bytes. */
export * from './generated/telemetry/v1/constants.ts';
