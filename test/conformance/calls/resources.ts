import type { DescMessage, DescMethod, MessageInitShape } from '@bufbuild/protobuf';
import {
  ResourcesService,
  type ListRunsRequestSchema,
} from '../../../src/gen/lightning/projects/v1/resources_service_pb.ts';
