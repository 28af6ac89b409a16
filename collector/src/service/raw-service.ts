import type { DescService } from '@bufbuild/protobuf';

/** A method of nice-grpc whose messages stay bytes. */
export interface RawMethod<RequestStream extends boolean, ResponseStream extends boolean> {
  path: string;
  requestStream: RequestStream;
  responseStream: ResponseStream;
  requestSerialize(bytes: Uint8Array): Uint8Array;
  requestDeserialize(bytes: Uint8Array): Uint8Array;
  responseSerialize(bytes: Uint8Array): Uint8Array;
  responseDeserialize(bytes: Uint8Array): Uint8Array;
  options: Record<string, never>;
}

/** A service of nice-grpc whose messages stay bytes. */
export type RawService<Service extends DescService> = {
  [Name in keyof Service['method']]: Service['method'][Name] extends { methodKind: infer Kind }
    ? RawMethod<
        Kind extends 'client_streaming' | 'bidi_streaming' ? true : false,
        Kind extends 'server_streaming' | 'bidi_streaming' ? true : false
      >
    : never;
};

const same = (bytes: Uint8Array): Uint8Array => bytes;

/**
 * Makes a service of protobuf-es known to nice-grpc with its messages as bytes: a batch is checked where it lies and passed on, and
 * never becomes an object.
 */
export function rawService<Service extends DescService>(service: Service): RawService<Service> {
  const methods = service.methods.map((method) => {
    const { methodKind } = method;
    const raw: RawMethod<boolean, boolean> = {
      path: `/${service.typeName}/${method.name}`,
      requestStream: methodKind === 'client_streaming' || methodKind === 'bidi_streaming',
      responseStream: methodKind === 'server_streaming' || methodKind === 'bidi_streaming',
      requestSerialize: same,
      requestDeserialize: same,
      responseSerialize: same,
      responseDeserialize: same,
      options: {},
    };
    return [method.localName, raw];
  });
  return Object.fromEntries(methods) as RawService<Service>;
}
