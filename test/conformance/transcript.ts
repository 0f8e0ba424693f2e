import {
  createRegistry,
  type DescMessage,
  type DescMethod,
  type JsonValue,
  type MessageInitShape,
  type MessageShape,
  toJson,
} from '@bufbuild/protobuf';
import { type AnyMessage, anyUnpack } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, type Transport } from '@connectrpc/connect';
import { ErrorInfoSchema, file_google_rpc_error_details } from '../../src/gen/google/rpc/error_details_pb.ts';
