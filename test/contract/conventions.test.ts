import { readdirSync, readFileSync } from 'node:fs';
import { type DescField, type DescMessage, type DescMethod, getOption, hasOption } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import { Code } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';
import { ErrorReason } from '../../src/gen/lightning/projects/v1/error_reason_pb.ts';
import { rules } from '../../src/gen/lightning/projects/v1/rules_pb.ts';
import { services } from './services.ts';

const methods = services.flatMap((service) => service.methods);
const protoFolder = new URL('../../proto/lightning/projects/v1/', import.meta.url);

/** The fields that a caller can set, wherever they are in the request. */
function requestFields(message: DescMessage, seen = new Set<DescMessage>()): DescField[] {
  if (seen.has(message) || message.typeName.startsWith('google.')) return [];
  seen.add(message);
  return message.fields
    .filter((field) => !getOption(field, rules).outputOnly)
    .flatMap((field) => [field, ...(field.message === undefined ? [] : requestFields(field.message, seen))]);
}

const fields = [...new Set(methods.flatMap((method) => requestFields(method.input)))];
const pathOf = (field: DescField) => `${field.parent.name}.${field.name}`;
const nameOf = (method: DescMethod) => `${method.parent.name}.${method.name}`;

describe('the contract', () => {
  it('has every id that a caller can send checked to be a UUID', () => {
    const ids = fields.filter(({ name }) => /(^|_)ids?$/.test(name));
    expect(ids.length).toBeGreaterThan(50);
    expect(ids.filter((id) => !getOption(id, rules).uuid).map(pathOf)).toEqual([]);
  });

  it('bounds every list and every map that a caller can send', () => {
    const many = fields.filter(({ fieldKind }) => fieldKind === 'list' || fieldKind === 'map');
    expect(many.filter((field) => getOption(field, rules).maxItems === 0).map(pathOf)).toEqual([]);
  });

  it('gives every pattern words for people, and patterns that JavaScript understands', () => {
    const patterned = fields.filter(
      (field) => hasOption(field, rules) && getOption(field, rules).pattern !== '',
    );
    expect(patterned.length).toBeGreaterThan(0);
    for (const field of patterned) {
      const { pattern, patternHint } = getOption(field, rules);
      expect(patternHint, pathOf(field)).not.toBe('');
      expect(() => new RegExp(`^(?:${pattern})$`, 'u'), pathOf(field)).not.toThrow();
    }
  });

  it('marks the methods that only read, and no other, as free of side effects', () => {
    const reads = methods.filter(({ name }) =>
      /^(Get|BatchGet|List|Check|Compare|Export|Validate|Watch)/.test(name),
    );
    const marked = methods.filter(
      ({ idempotency }) => idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS,
    );
    expect(marked.map(nameOf)).toEqual(reads.map(nameOf));
  });

  it('says in every file what its Go package is: without that protoc makes no Go of it', () => {
    for (const file of readdirSync(protoFolder)) {
      const text = readFileSync(new URL(file, protoFolder), 'utf8');
      expect(text, file).toContain('option go_package = "lightning/projects/v1;projectsv1";');
    }
  });

  it('pages by page_size and page_token wherever an answer has a next_page_token', () => {
    const paged = methods.filter(({ output }) =>
      output.fields.some(({ name }) => name === 'next_page_token'),
    );
    expect(paged.length).toBeGreaterThan(15);
    for (const method of paged) {
      const names = method.input.fields.map(({ name }) => name);
      expect(names, nameOf(method)).toEqual(expect.arrayContaining(['page_size', 'page_token']));
    }
  });

  it('promises in its comments only reasons that ErrorReason explains', () => {
    const known = new Set([
      ...Object.keys(ErrorReason),
      ...Object.values(Code).map((code) =>
        String(code)
          .replace(/(?<=[a-z])(?=[A-Z])/g, '_')
          .toUpperCase(),
      ),
      ...methods
        .flatMap(({ output, input }) => [...requestFields(input), ...output.fields])
        .flatMap(enumValuesOf),
    ]);
    for (const file of readdirSync(protoFolder).filter((name) => name.endsWith('_service.proto'))) {
      const text = readFileSync(new URL(file, protoFolder), 'utf8');
      const promises = [...text.matchAll(/\/\/ Errors: ((?:.*\n\s*\/\/ (?!Source|Callers))*.*)/g)].map(
        ([, words = '']) => words,
      );
      const reasons = promises.flatMap((words) => words.match(/\b[A-Z]+(?:_[A-Z]+)+\b/g) ?? []);
      expect(
        reasons.filter((reason) => !known.has(reason)),
        file,
      ).toEqual([]);
    }
  });
});

/** Names of an enum field's values as comments write them: without the prefix. */
function enumValuesOf(field: DescField): string[] {
  const { enum: desc } = field;
  return desc === undefined ? [] : desc.values.map(({ name }) => name.slice(desc.sharedPrefix?.length ?? 0));
}
