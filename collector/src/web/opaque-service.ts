import { clone, create, createFileRegistry, type DescService, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { fileDescriptorSet } from '../service/reflection.ts';

/**
 * The same service with some of its messages bare of fields. protobuf-es keeps what it does not know as bytes, and writes it as it came. So
 * a batch that comes in protobuf reaches the receiver byte for byte, as it does over gRPC, and never becomes an object.
 */
export function opaqueService<Service extends DescService>(
  service: Service,
  opaqueMessages: readonly string[],
): Service {
  const set = fromBinary(FileDescriptorSetSchema, fileDescriptorSet([service]));
  const files = set.file.map((file) => {
    if (file.name !== service.file.proto.name) return file;
    const bare = clone(FileDescriptorProtoSchema, file);
    for (const message of bare.messageType) {
      if (!opaqueMessages.includes(`${bare.package}.${message.name}`)) continue;
      message.field = [];
      message.oneofDecl = [];
    }
    return bare;
  });
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: files }));
  const opaque = registry.getService(service.typeName);
  if (opaque === undefined) throw new Error(`No service ${service.typeName} in its own file.`);
  // The same in all that the types say, but for the fields that nobody here reads.
  return opaque as Service;
}
