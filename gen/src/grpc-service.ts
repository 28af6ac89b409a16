import {
  create,
  type DescMessage,
  type DescMethod,
  type DescService,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';

/** A method as nice-grpc wants it, with the types that protobuf-es has for it. */
interface GrpcMethod<
  Input extends DescMessage,
  Output extends DescMessage,
  InputStream extends boolean,
  OutputStream extends boolean,
> {
  path: string;
  requestStream: InputStream;
  responseStream: OutputStream;
  requestSerialize(value: MessageInitShape<Input>): Uint8Array;
  requestDeserialize(bytes: Uint8Array): MessageShape<Input>;
  responseSerialize(value: MessageInitShape<Output>): Uint8Array;
  responseDeserialize(bytes: Uint8Array): MessageShape<Output>;
  options: { idempotencyLevel?: 'IDEMPOTENT' | 'NO_SIDE_EFFECTS' };
}

/** The methods of a service of protobuf-es as nice-grpc wants them. */
export type GrpcService<Service extends DescService> = {
  [Name in keyof Service['method']]: Service['method'][Name] extends {
    methodKind: infer Kind;
    input: infer Input extends DescMessage;
    output: infer Output extends DescMessage;
  }
    ? GrpcMethod<
        Input,
        Output,
        Kind extends 'client_streaming' | 'bidi_streaming' ? true : false,
        Kind extends 'server_streaming' | 'bidi_streaming' ? true : false
      >
    : never;
};

/** Makes a service of protobuf-es known to nice-grpc, which takes those of other generators only. */
export function grpcService<Service extends DescService>(service: Service): GrpcService<Service> {
  const methods = service.methods.map((method) => [method.localName, grpcMethod(method)]);
  return Object.fromEntries(methods) as GrpcService<Service>;
}

function grpcMethod(method: DescMethod): GrpcMethod<DescMessage, DescMessage, boolean, boolean> {
  const { input, output, methodKind } = method;
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    requestStream: methodKind === 'client_streaming' || methodKind === 'bidi_streaming',
    responseStream: methodKind === 'server_streaming' || methodKind === 'bidi_streaming',
    requestSerialize: (value) => toBinary(input, create(input, value)),
    requestDeserialize: (bytes) => fromBinary(input, bytes),
    responseSerialize: (value) => toBinary(output, create(output, value)),
    responseDeserialize: (bytes) => fromBinary(output, bytes),
    options: {},
  };
}
