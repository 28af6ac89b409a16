import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bundle } from './bundle.ts';

/** A site on a real socket. */
export interface PageServer {
  /** `http://127.0.0.1:port`: what a browser calls the origin of its pages. */
  readonly origin: string;
  /**
   * Adds a page whose script is this module, bundled as an application's build step would.
   *
   * @param path with a slash in front.
   * @param module TypeScript; may import the packages of this repository.
   */
  add(path: string, module: string): Promise<void>;
  close(): void;
}

/** Serves pages; at `/elsewhere` an empty one. */
export async function servePages(): Promise<PageServer> {
  const answers = new Map([['/elsewhere', ['text/html', '<!doctype html><title>elsewhere</title>']]]);
  const server = createServer((request, response) => {
    const [type, body] = answers.get(new URL(request.url ?? '/', 'http://page').pathname) ?? [];
    response.writeHead(body === undefined ? 404 : 200, { 'Content-Type': type ?? 'text/plain' });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async add(path, module) {
      const { code } = await bundle(module);
      const script = `<script type="module" src="${path}.js"></script>`;
      answers.set(path, ['text/html', `<!doctype html><meta charset="utf-8"><title>page</title>${script}`]);
      answers.set(`${path}.js`, ['text/javascript', code]);
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
