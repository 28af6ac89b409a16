/** What happens to a page. */
export interface PageListener {
  /** It may end any moment. `ends`: it is being left; otherwise it is hidden, and mostly goes on. */
  onLeaving(ends: boolean): void;
  /** There may be a network again. */
  onOnline(): void;
}

/** Tells of what happens to a page; returns what ends that. */
export type PageWatch = (listener: PageListener) => () => void;
