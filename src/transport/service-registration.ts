import type { DescService } from '@bufbuild/protobuf';
import type { ServiceImpl } from '@connectrpc/connect';

/**
 * A service and what answers it, the same for every listener. The interceptors are already around each method; a
 * method that the implementation lacks answers UNIMPLEMENTED.
 */
export interface ServiceRegistration {
  readonly service: DescService;
  readonly implementation: Partial<ServiceImpl<DescService>>;
}
