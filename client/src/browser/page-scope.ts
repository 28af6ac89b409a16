import type { Bulletin } from './bulletin.ts';
import type { PageStorage } from './exit-shelf.ts';
import type { IdbFactory, IdbKeyRange } from './indexed-db.ts';
import type { LockManager } from './web-locks.ts';

/** Something that tells of events. */
interface EventSource {
  /** @param until ends that, by its signal. */
  addEventListener(type: string, listener: () => void, until: AbortController): void;
}

/**
 * What the client takes from the page or worker that it runs in. Everything may be missing: a worker has no document, an old browser no
 * hints, and a frame in a sandbox throws when its storage is merely looked at.
 */
export interface PageScope extends Partial<EventSource> {
  readonly document?: EventSource & { readonly visibilityState: string };
  readonly navigator?: {
    readonly language?: string;
    readonly userAgent?: string;
    readonly userAgentData?: { readonly platform?: string };
    readonly locks?: LockManager;
    sendBeacon?(url: string, body: Blob): boolean;
  };
  readonly Request?: { readonly prototype: object };
  readonly localStorage?: PageStorage;
  readonly indexedDB?: IdbFactory;
  readonly IDBKeyRange?: IdbKeyRange;
  readonly BroadcastChannel?: new (name: string) => Bulletin;
}

/** The page or worker that this module runs in. */
export const pageScope = globalThis as unknown as PageScope;
