import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bundle } from './bundle.ts';

/** A site on a real socket. */
export interface PageServer {
  /** `http://127.0.0.1:port`: what a browser calls the origin of its pages. */
  readonly origin: string;
  close(): void;
}

/**
 * Serves a page at `/` whose script is this module, bundled as an application's build step would, and an empty one at `/elsewhere`.
 *
 * @param module TypeScript; may import the packages of this repository.
 */
export async function servePage(module: string): Promise<PageServer> {
  const { code } = await bundle(module);
  const page = '<!doctype html><meta charset="utf-8"><title>page</title><script type="module" src="/page.js"></script>';
  const answers = new Map([
    ['/', ['text/html', page]],
    ['/elsewhere', ['text/html', '<!doctype html><title>elsewhere</title>']],
    ['/page.js', ['text/javascript', code]],
  ]);
  const server = createServer((request, response) => {
    const [type, body] = answers.get(new URL(request.url ?? '/', 'http://page').pathname) ?? [];
    response.writeHead(body === undefined ? 404 : 200, { 'Content-Type': type ?? 'text/plain' });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
