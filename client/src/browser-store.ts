/** For web pages: keeps what has no answer yet in the browser's database. */
export { indexedDbStore, type PageStore } from './browser/page-store.ts';
