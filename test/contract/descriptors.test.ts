import { readFileSync } from 'node:fs';
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { services } from './services.ts';

const bytes = readFileSync(new URL('../../src/gen/descriptors.binpb', import.meta.url));
const files = fromBinary(FileDescriptorSetSchema, bytes);

describe('the descriptors for reflection', () => {
  it('describe every service, method and message of the generated code', () => {
    const registry = createFileRegistry(files);
    for (const service of services) {
      const described = registry.getService(service.typeName);
      expect(described?.methods.map(({ name, methodKind }) => [name, methodKind])).toEqual(
        service.methods.map(({ name, methodKind }) => [name, methodKind]),
      );
      for (const { input, output } of service.methods) {
        expect(registry.getMessage(input.typeName)?.fields.map(({ name }) => name)).toEqual(
          input.fields.map(({ name }) => name),
        );
        expect(registry.getMessage(output.typeName)).toBeDefined();
      }
    }
  });

  it('hold every file that another one imports, and the details of errors', () => {
    const names = new Set(files.file.map(({ name }) => name));
    expect(files.file.flatMap(({ dependency }) => dependency).filter((name) => !names.has(name))).toEqual([]);
    expect(names).toContain('google/rpc/error_details.proto');
  });
});
