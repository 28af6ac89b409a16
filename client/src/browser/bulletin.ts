/** What tells other pages of the site of something: a `BroadcastChannel`. */
export interface Bulletin {
  onmessage: ((message: { readonly data: unknown }) => void) | null;
  postMessage(message: string): void;
  close(): void;
}
